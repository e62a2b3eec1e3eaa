"""What is kept becomes words in the index: the page's text at once, PDFs and WARCs when the capture is over."""

import asyncio
import io
from uuid import uuid4

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.capture.testing import FakeEngine
from pagekeep.search.index import Asked
from pagekeep.search.models import Unread
from pagekeep.services.add_urls import add_urls
from pagekeep.services.read_texts import read_unread
from pagekeep.services.rebuild_search import rebuild_search
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import search_index, snapshot_files

pytestmark = pytest.mark.django_db(transaction=True)


def pdf(text: str) -> bytes:
    """Return a PDF of one page (ISO 32000-1, 7.5) without a cross-reference table, which readers make up for."""
    drawn = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body = "".join(f"{number} 0 obj{value} endobj\n" for number, value in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n%%EOF\n".encode()


def warc(pages: dict[str, tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    for url, (content_type, body) in pages.items():
        headers = StatusAndHeaders("200 OK", [("Content-Type", content_type)], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers))
    return out.getvalue()


def keep(snapshot: Snapshot, name: str, data: bytes, mimetype: str) -> None:
    plugin, _, path = name.partition("/")
    stored = snapshot_files(snapshot.pk).save(plugin, path, data, mimetype)
    row, _ = ArchiveResult.objects.get_or_create(
        snapshot=snapshot, plugin=plugin, defaults={"created_at": snapshot.created_at, "status": "succeeded"}
    )
    row.output_files[path] = {"size": stored.size, "mimetype": mimetype, "extension": "", "sha256": stored.sha256}
    row.save()


def found(text: str, mode: str) -> list[str]:
    return search_index().find(Asked.of(text, mode), 10).timestamps


@pytest.fixture
def snapshot() -> Snapshot:
    (added,) = add_urls(["https://example.com/"], user=None, index_only=True).snapshots
    return added


def test_a_capture_makes_its_text_found_at_once() -> None:
    add_urls(["https://example.com/captured"], user=None)
    owner = uuid4()
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    asyncio.run(run_capture(claimed, owner, FakeEngine()))
    assert found('"htmltotext of"', "contents") == [claimed.timestamp]
    assert found("readability", "contents") == []  # the whole page's text holds the article's
    assert Unread.objects.filter(pk=claimed.pk).exists()
    assert read_unread() == 1
    assert found('"htmltotext of"', "contents") == [claimed.timestamp]
    assert not Unread.objects.exists()


def test_pdfs_and_warcs_are_read_deeper(snapshot: Snapshot) -> None:
    keep(snapshot, "readability/content.txt", b"the article", "text/plain")
    keep(snapshot, "static/paper.pdf", pdf("Paleobotany of the lowlands"), "application/pdf")
    frame = ("text/html; charset=latin-1", "<p>Der fünfte Rahmen</p><script>hidden()</script>".encode("latin-1"))
    pages = {"https://a.test/frame": frame, "https://a.test/p.png": ("image/png", b"<p>pixels</p>")}
    keep(snapshot, "warc/data.warc.gz", warc(pages), "application/warc")
    assert found("article", "contents") == []
    assert read_unread() == 1
    assert found("article", "contents") == [snapshot.timestamp]
    for text in ("article", "paleobotany", "funfte rahmen", "article lowlands"):
        assert found(text, "deep") == [snapshot.timestamp], text
    assert found("paleobotany", "contents") == found("pixels", "deep") == found("hidden", "deep") == []


def test_a_pdf_that_is_only_in_the_warc_is_read(snapshot: Snapshot) -> None:
    keep(snapshot, "warc/data.warc.gz", warc({"https://a.test/x": ("application/pdf", pdf("Stratigraphy"))}), "x/y")
    read_unread()
    assert found("stratigraphy", "deep") == [snapshot.timestamp]


def test_damaged_files_cost_only_their_own_words(snapshot: Snapshot) -> None:
    keep(snapshot, "htmltotext/htmltotext.txt", b"\xff\xfe broken \x00 letters", "text/plain")
    keep(snapshot, "static/paper.pdf", b"%PDF-1.4 no more", "application/pdf")
    keep(snapshot, "warc/data.warc.gz", b"\x1f\x8b no warc", "application/warc")
    assert read_unread() == 1
    assert found("broken letters", "deep") == [snapshot.timestamp]


def test_a_file_that_changes_while_it_is_read_is_read_again(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(snapshot, "htmltotext/htmltotext.txt", b"first", "text/plain")
    put = type(search_index()).put_text

    def changing(*args: object) -> None:
        put(*args)  # type: ignore[arg-type]
        monkeypatch.undo()
        keep(snapshot, "htmltotext/htmltotext.txt", b"second", "text/plain")

    monkeypatch.setattr(type(search_index()), "put_text", changing)
    read_unread()
    assert Unread.objects.count() == 1
    read_unread()
    assert (found("first", "contents"), found("second", "contents")) == ([], [snapshot.timestamp])


def test_a_rebuild_brings_everything_back(snapshot: Snapshot) -> None:
    keep(snapshot, "htmltotext/htmltotext.txt", b"lighthouse", "text/plain")
    search_index().put_text(snapshot.pk, "", "")
    told: list[tuple[str, int]] = []
    assert rebuild_search(lambda what, left: told.append((what, left)))
    assert found("lighthouse", "contents") == found("example.com", "meta") == [snapshot.timestamp]
    assert {what for what, _ in told} == {"snapshots", "texts"}
    assert told[-1] == ("texts", 0)
