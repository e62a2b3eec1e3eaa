"""The disk becomes full in the middle of a capture: workers pause, nothing breaks, work goes on once there is room."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).with_name("small_disk.py")


def namespace() -> list[str]:
    """Return what starts a program where it may mount a disk that nobody else sees."""
    unshare = shutil.which("unshare") or "unshare"
    for options in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        command = [unshare, *options]
        if not subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode:
            return command
    pytest.fail("No disk can be mounted here, not even in a user namespace; run this test where one can.")


def test_workers_pause_on_a_full_disk_and_go_on_once_there_is_room(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    command = [*namespace(), sys.executable, str(SCENARIO), str(place)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAGEKEEP_")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("done\n")
