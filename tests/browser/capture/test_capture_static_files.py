"""URLs that lead to a file: it is kept as it came, and never rendered."""

import dataclasses
import errno
import io
import os
from pathlib import Path

import pytest
from PIL import Image
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.formats.thumbnail import SIZE
from pagekeep.capture.values import Limits
from testsite.file_routes import DISPOSITIONS, FILES, LARGE_BYTES, MEBIBYTE

LIMITS = Limits(open=30.0, settle=2.0, scroll=2.0, output=30.0)
PLUGINS = ("title", "headers", "static", "screenshot", "dom", "singlefile", "pdf", "warc", "wacz", "hashes")


def _kept(visit):
    return visit.result("static").files[0]


def _paths(visit):
    return [file.path for file in visit.result("static").files]


@pytest.mark.parametrize(
    "name", ["paper.pdf", "notes.txt", "feed.xml", "data.json", "red.png", "html-as-text.html", "letter.bin"]
)
def test_file_is_kept_as_it_came(capture, name):
    visit = capture(f"/files/{name}", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.outcome.response_status == 200
    body, mimetype = FILES[name]
    file = _kept(visit)
    assert file.path == name
    assert visit.path("static", name).read_bytes() == body
    assert file.mimetype == (mimetype or "application/octet-stream")
    made = {"headers", "static", "warc", "wacz", "hashes"}
    assert visit.statuses() == {plugin: "succeeded" if plugin in made else "skipped" for plugin in PLUGINS}
    assert "a file" in visit.result("screenshot").summary
    assert [seen.path for seen in visit.requests] == [f"/files/{name}"]
    records = ArchiveIterator(io.BytesIO(visit.path("warc", "data.warc.gz").read_bytes()), check_digests="raise")
    (payload,) = [record.content_stream().read() for record in records if record.rec_type == "response"]
    assert payload == body


def test_file_behind_a_redirect_is_told_by_its_own_address(capture, site):
    visit = capture("/redirect-to?/files/notes.txt", plugins=("redirects", "static"), limits=LIMITS)
    assert visit.outcome.final_url == site.url("/files/notes.txt")
    assert visit.json("redirects", "redirects.json")["final_url"] == visit.outcome.final_url
    assert _kept(visit).path == "notes.txt"


def test_page_without_a_type_is_a_page(capture):
    visit = capture("/files/page-without-type", plugins=PLUGINS, limits=LIMITS)
    assert visit.outcome.title == "No type"
    assert visit.statuses() == {plugin: "skipped" if plugin == "static" else "succeeded" for plugin in PLUGINS}


def test_error_that_is_a_file_fails_but_is_kept(capture):
    visit = capture("/files/missing.json", plugins=PLUGINS, limits=LIMITS)
    assert not visit.outcome.succeeded
    assert "answered 404" in visit.outcome.reason
    assert visit.path("static", "missing.json").read_bytes() == b'{"error": "gone"}'


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("climbing", "evil.sh"),
        ("extended", "日記.txt"),
        ("reserved", "files.jsonl"),
        ("page", "saved.html"),
        ("long", "é" * 73 + ".gz"),
    ],
)
def test_name_the_server_chose_is_made_harmless(capture, kind, name):
    visit = capture(f"/disposed/{kind}", plugins=("static",), limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert _kept(visit).path == name
    assert kind in DISPOSITIONS


@pytest.mark.parametrize("path", ["/large/known", "/large/chunked"])
def test_large_file_is_kept_whole(capture, path):
    visit = capture(path, plugins=("static", "warc"), limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    file = _kept(visit)
    assert file.size == LARGE_BYTES
    with visit.path("static", file.path).open("rb") as kept:
        while chunk := kept.read(len(MEBIBYTE)):
            assert chunk == MEBIBYTE


@pytest.mark.parametrize("path", ["/large/known", "/large/chunked"])
def test_file_beyond_its_limit_fails_and_says_which(capture, path):
    limits = dataclasses.replace(LIMITS, download_size=10 << 20)
    visit = capture(path, plugins=("headers", "static", "warc"), limits=limits)
    assert not visit.outcome.succeeded
    assert "PAGEKEEP_MAX_DOWNLOAD_SIZE" in visit.outcome.reason
    assert visit.statuses() == {"headers": "succeeded", "static": "failed", "warc": "succeeded"}


def test_page_beyond_its_limit_is_kept_as_far_as_that(capture):
    limits = dataclasses.replace(LIMITS, body=1 << 20)
    visit = capture("/large/page", plugins=("headers", "htmltotext", "warc"), limits=limits)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert "1 × a response larger than the limit" in visit.result("warc").summary
    (warc,) = visit.warcs()
    with warc.open("rb") as file:
        response = next(record for record in ArchiveIterator(file) if record.rec_type == "response")
        assert response.rec_headers.get_header("WARC-Truncated") == "length"
        assert response.content_stream().read() == MEBIBYTE


def test_file_that_breaks_off_is_not_taken_for_whole(capture):
    visit = capture("/half-file", plugins=("headers", "static", "warc"), limits=LIMITS)
    assert not visit.outcome.succeeded
    assert "broke off" in visit.outcome.reason
    assert visit.statuses()["static"] == "failed"


def test_pdf_has_text_thumbnail_and_its_own_title(capture):
    visit = capture("/files/paper.pdf", plugins=("static", "hashes"), limits=LIMITS)
    assert visit.outcome.title == "The printed lighthouse"
    assert visit.result("static").summary == "paper.pdf"
    assert _paths(visit) == ["paper.pdf", "text.txt", "thumbnail.jpg"]
    assert visit.text("static", "text.txt") == "A printed lighthouse\n\n"
    with Image.open(visit.path("static", "thumbnail.jpg")) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", SIZE)
    assert {file.path: file.mimetype for file in visit.result("static").files} == {
        "paper.pdf": "application/pdf",
        "text.txt": "text/plain; charset=utf-8",
        "thumbnail.jpg": "image/jpeg",
    }
    assert {"static/text.txt", "static/thumbnail.jpg"} <= set(visit.text("hashes", "hashes.json").split('"'))


def test_pdf_without_a_title_is_called_by_its_name_whatever_its_declared_type(capture):
    visit = capture("/files/untitled.pdf", plugins=("static",), limits=LIMITS)
    assert visit.outcome.title == "untitled.pdf"
    assert _paths(visit) == ["untitled.pdf", "text.txt", "thumbnail.jpg"]


@pytest.mark.parametrize(("name", "kept"), [("text.txt", "text_.txt"), ("Thumbnail.jpg", "Thumbnail_.jpg")])
def test_file_does_not_take_the_name_of_its_preview(capture, name, kept):
    visit = capture(f"/files/{name}", plugins=("static",), limits=LIMITS)
    assert _kept(visit).path == kept
    assert visit.path("static", kept).read_bytes() == FILES[name][0]
    assert visit.path("static", "thumbnail.jpg").read_bytes() != FILES[name][0]


@pytest.mark.parametrize("name", ["square.svg", "notes.txt", "letter.bin"])
def test_no_process_is_started_for_other_files(capture, name, monkeypatch):
    monkeypatch.setattr("pagekeep.capture.programs.run.asyncio.create_subprocess_exec", None)
    visit = capture(f"/files/{name}", plugins=("static",), limits=LIMITS)
    assert (_paths(visit), visit.result("static").summary) == ([name], name)


@pytest.mark.parametrize(
    ("path", "name", "why"),
    [
        ("/files/locked.pdf", "locked.pdf", "no preview: the PDF asks for a password"),
        ("/bomb.png", "bomb.png", "no thumbnail: 50000 × 50000 px are too many"),
    ],
)
def test_hostile_file_costs_its_preview_and_no_other(capture, tmp_path, monkeypatch, path, name, why):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    visit = capture(path, plugins=("static", "warc"), limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (_paths(visit), visit.result("static").summary) == ([name], f"{name}; {why}")
    assert _paths(capture("/files/red.png", plugins=("static",), limits=LIMITS)) == ["red.png", "thumbnail.jpg"]
    assert list(tmp_path.glob("pagekeep-program-*")) == []
    assert not any(b"formats.preview" in line for line in _command_lines())


def _command_lines():
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"PPid:\t{os.getpid()}\n" in (process / "status").read_text():
                yield (process / "cmdline").read_bytes()
        except OSError:  # gone meanwhile
            continue


def test_file_for_which_the_temporary_disk_has_no_room_is_not_taken_for_whole(capture, monkeypatch):
    def full(file, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pagekeep.capture.recording.body._write_all", full)
    visit = capture("/large/known", plugins=("headers", "static", "warc"), limits=LIMITS)
    assert not visit.outcome.succeeded
    assert "TMPDIR" in visit.outcome.reason
    assert visit.statuses()["static"] == "failed"
    assert "no room" in visit.result("warc").summary
    monkeypatch.undo()
    assert capture("/large/known", plugins=("static",), limits=LIMITS).outcome.succeeded
