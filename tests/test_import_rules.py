"""The import rules of docs/architecture.md bite, in functions too."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLANTED = {
    "sideways": ("storage", "from pagekeep.capture.engine import Engine"),
    "upwards": ("domain", "from pagekeep.config.load import settings"),
    "Django below": ("capture", "from django.conf import settings"),
}


@pytest.mark.parametrize("kind", list(PLANTED))
def test_planted_violation_is_found(tmp_path: Path, kind: str) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    room, line = PLANTED[kind]
    (tmp_path / "src/pagekeep" / room / "planted.py").write_text(f"def planted():\n    {line}\n")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
    checked = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert checked.returncode != 0
    assert f"pagekeep.{room}.planted" in checked.stdout
