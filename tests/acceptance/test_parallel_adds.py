"""Many clients add URLs while two real workers capture: the benchmark of that, in a small size."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "parallel_adds.py"


def test_parallel_adds_lose_and_double_nothing_while_workers_capture(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.html").write_text(f"<title>{name}</title><p>Some text of page {name}.")
    size = ("--clients", "20", "--urls", "20", "--every", "50", "--niceness", "0", "--site", str(tmp_path))
    done = subprocess.run([sys.executable, str(SCRIPT), *size], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 clients added 20 URLs each, 8 of them captured meanwhile by 2 workers:" in done.stdout
