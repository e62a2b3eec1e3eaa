"""The short form of ``benchmarks/parallel_writers.py``."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "parallel_writers.py"


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_many_writers_and_claimers_lose_and_double_nothing(database: str) -> None:
    sizes = ["--writers", "8", "--urls", "100", "--at-once", "10", "--workers", "4"]
    command = [sys.executable, str(BENCHMARK), "--database", database, *sizes]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No error; nothing was lost, doubled or claimed twice." in done.stdout
