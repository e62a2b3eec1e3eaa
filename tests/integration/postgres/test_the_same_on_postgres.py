"""Queue, adding, recording, following, workers, triggers and webhooks do the same on PostgreSQL: by the same tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVICES = ("adding_urls", "changing_snapshots", "following_links", "ordering_workers", "recording_costs")
SERVICES += ("registering_workers", "run_capture", "schedules")
GROUPS = {
    "archive": ["tests/integration/archive"],
    "services": [f"tests/integration/services/test_{name}.py" for name in SERVICES],
    "webhooks": ["tests/integration/webhooks/test_webhook_events.py"],
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_same_tests_pass(group: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.on_postgres",
        "-p",
        "no:cacheprovider",
        "-q",
        *GROUPS[group],
    ]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PAGEKEEP_", "PYTEST_"))}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
