"""What a real visit tells its log."""

import re

from pagekeep.capture import wall_signs
from pagekeep.capture.values import Limits

LIMITS = Limits(open=8.0, settle=2.0, scroll=2.0, output=20.0)


def test_steps_answer_and_left_out_parts_are_told(capture, site):
    visit = capture("/large/page", plugins=("headers", "warc"), limits=Limits(open=10.0, body=1 << 20))
    for step in ("open", "settle", "look"):
        assert any(re.fullmatch(rf"{step} ended after \d+\.\d{{3}} s", note) for note in visit.watcher.notes), step
    assert f"{site.url('/large/page')} answered 200 OK" in visit.watcher.notes
    assert "left out: 1 × a response larger than the limit" in visit.watcher.notes


def test_what_the_guard_refuses_is_told_once_with_the_reason(capture, site):
    fields = {"allow_private": (f"127.0.0.1:{site.port}",), "plugins": ("title",), "limits": LIMITS}
    visit = capture("/frames", **fields)
    refused = [note for note in visit.watcher.notes if note.startswith("not reached: ")]
    assert any("loopback address" in note for note in refused)
    assert len(refused) == len(set(refused))


def test_busy_server_and_failed_step_are_told(capture):
    busy = capture("/busy/429?120", plugins=("headers",), limits=LIMITS).watcher.notes
    assert any("answered 429 Too Many Requests, and asks to come back in 1" in note for note in busy)
    lost = capture("http://does-not-exist.invalid/", plugins=("headers",), limits=LIMITS).watcher.notes
    assert any(re.match(r"open ended after .* s: The host name", note) for note in lost)


def test_wall_and_page_in_the_place_of_a_file_are_told(capture, monkeypatch):
    monkeypatch.setattr(wall_signs, "PASSAGE_SECONDS", 0.5)
    wall = capture("/walls/cloudflare", plugins=("headers",), limits=LIMITS).watcher.notes
    assert "a wall: The site showed a captcha (Cloudflare) instead of the page." in wall
    page = capture("/seeming/page.pdf", plugins=("title",), limits=LIMITS).watcher.notes
    assert any(note.startswith("it is no file") for note in page)
