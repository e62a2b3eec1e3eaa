"""What a worker writes to the log: a real process, as JSON."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from pagekeep.archive.models import Snapshot
from pagekeep.domain.log_fields import FIELDS
from pagekeep.services.add_urls import add_urls

WORKER = """
import asyncio, django
django.setup()
from pagekeep.capture.testing import FakeEngine
from pagekeep.worker.loop import run_worker

BAD = "https://me:lighthouse@example.com/bad"
engine = FakeEngine(failures={BAD: "The server\\nis \\x1b[2J not there."})
asyncio.run(run_worker(1, stop=asyncio.Event(), until_idle=True, engine=lambda: engine))
"""


@pytest.mark.django_db(transaction=True)
def test_beginning_and_end_of_captures_and_workers_are_lines_of_json() -> None:
    urls = ["https://example.com/good", "https://me:lighthouse@example.com/bad"]
    pages = {page.url: page for page in add_urls(urls, user=None, plugins=["title"]).snapshots}
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "pagekeep.project.settings", "PAGEKEEP_LOG_FORMAT": "json"}
    done = subprocess.run([sys.executable, "-c", WORKER], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "lighthouse" not in done.stderr
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    for line in lines:
        assert set(line) <= {"time", "level", "logger", "message", "exception", *FIELDS}
        assert line["time"].endswith("Z")
    workers = {line["worker"] for line in lines}
    assert len(workers) == 1
    assert [line["message"] for line in lines if "snapshot" not in line] == [
        "The worker takes pages, 1 at a time",
        "The worker ends",
    ]
    good = [line for line in lines if line.get("snapshot") == str(pages[urls[0]].pk)]
    assert [line["message"] for line in good] == ["Capture begins", "Capture ended"]
    assert good[1]["status"] == "succeeded"
    assert good[1]["url"] == urls[0]
    assert good[1]["host"] == "example.com"
    assert good[1]["crawl"] == str(pages[urls[0]].crawl_id)
    assert good[1]["seconds"] >= 0
    bad = [line for line in lines if line.get("snapshot") == str(pages[urls[1]].pk)]
    assert bad[1]["status"] == "failed"
    assert bad[1]["url"] == "https://example.com/bad"
    assert bad[1]["reason"] == Snapshot.objects.get(pk=pages[urls[1]].pk).reason
