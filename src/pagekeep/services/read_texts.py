"""Read the kept files of a snapshot for the search index.

``text`` is what a reader of the page saw: the first of `TEXTS` that was kept. ``deeper`` is what else is in it: PDFs,
and every HTML page of the WARC. Reading that takes longer and waits until the capture is over: see `read_unread`.
"""

import fcntl
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from pagekeep.archive.models import Snapshot
from pagekeep.capture.formats.preview_kinds import is_pdf
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.status import SnapshotStatus
from pagekeep.search.html_text import decode_html, text_of_html
from pagekeep.search.models import Unread
from pagekeep.services.wiring import data_dir, search_index, snapshot_files
from pagekeep.storage.kept_file import KeptFile
from pagekeep.storage.snapshot_files import SnapshotFiles
from pagekeep.storage.warc import DamagedWarc, read_responses

log = logging.getLogger(__name__)

TEXTS = {"htmltotext": "htmltotext.txt", "readability": "content.txt", "markdown": "content.md"}
"""Plugin → the file with the page's text; an earlier one has all that a later one has."""
MOST_TEXT = 1 << 20
MOST_DEEPER = 4 << 20
MOST_WARC = 512 << 20
AT_ONCE = 20
PDF_SECONDS = 60.0
_PDF_TEXT, _PDF = "text.txt", "application/pdf"
_PAGES = ("text/html", "application/xhtml+xml")


def read_text(snapshot_id: UUID, plugin: str) -> None:
    """Put the text that a plugin has just made into the index, unless there is a better one.

    What is deeper is read later, and so is a text that cannot be read now.
    """
    files = snapshot_files(snapshot_id)
    try:
        if next((name for name in TEXTS if files.files(name)), "") == plugin:
            search_index().put_text(snapshot_id, _page_text(files), "")
    except PagekeepError as error:
        log.warning("The text of %s could not be read for the search index: %s", snapshot_id, error)


def read_unread(at_once: int = AT_ONCE) -> int:
    """Read the files of some snapshots that changed since they were last read; return how many.

    One process of this machine does it at a time. Snapshots that are being captured wait for their end.
    """
    with _alone() as alone:
        busy = Snapshot.objects.filter(status=SnapshotStatus.STARTED).values("pk")
        batch = Unread.objects.exclude(pk__in=busy).order_by("-pk") if alone else Unread.objects.none()
        rows = list(batch[:at_once])
        for row in rows:
            try:
                _read(row.snapshot_id)
            except PagekeepError as error:
                log.warning("The files of %s could not be read for the search index: %s", row.snapshot_id, error)
            Unread.objects.filter(pk=row.pk, changes=row.changes).delete()
        return len(rows)


def _read(snapshot_id: UUID) -> None:
    files = snapshot_files(snapshot_id)
    deeper: list[str] = []
    room = MOST_DEEPER
    for text in _deeper_texts(files):
        deeper.append(text[:room])
        room -= len(text)
        if room <= 0:
            break
    search_index().put_text(snapshot_id, _page_text(files), "\n\n".join(deeper))


def _page_text(files: SnapshotFiles) -> str:
    for plugin, path in TEXTS.items():
        if any(file.path == path for file in files.files(plugin)):
            return _decoded(files.open(plugin, path), MOST_TEXT)
    for file in files.files("static"):
        if file.mimetype.startswith("text/") and file.path != _PDF_TEXT:
            return _decoded(files.open("static", file.path), MOST_TEXT)
    return ""


def _deeper_texts(files: SnapshotFiles) -> Iterator[str]:
    static = files.files("static")
    if any(file.path == _PDF_TEXT for file in static):
        yield _decoded(files.open("static", _PDF_TEXT), MOST_DEEPER)
    else:
        for file in static:
            kept = files.open("static", file.path)
            if is_pdf(b"".join(kept.read_range(0, 1024))):
                yield _text_of_pdf(kept)
    for file in files.files("warc"):
        if file.path.endswith((".warc.gz", ".warc")) and file.size <= MOST_WARC:
            yield from _texts_of_warc(files.open("warc", file.path), has_pdf=bool(static))


def _texts_of_warc(file: KeptFile, *, has_pdf: bool) -> Iterator[str]:
    wanted = _PAGES if has_pdf else (*_PAGES, _PDF)
    try:
        for response in read_responses(file, lambda content_type: content_type.startswith(wanted), MOST_DEEPER):
            if not response.content_type.startswith(_PDF):
                yield text_of_html(decode_html(response.body, response.content_type))
            elif is_pdf(response.body[:1024]):
                yield _text_of_pdf([response.body])
    except DamagedWarc as error:
        log.info("A WARC was read for the search index only in part: %s.", error)


def _text_of_pdf(chunks: "KeptFile | list[bytes]") -> str:
    """Return the text of a PDF. It is a stranger's, so a process of its own reads it, in bounded memory and time."""
    with tempfile.TemporaryDirectory(dir=data_dir().temp, prefix="text-") as name:
        folder = Path(name)
        source, made = folder / "file", folder / "made"
        made.mkdir()
        with source.open("wb") as out:
            out.writelines(chunks)
        command = [sys.executable, "-m", "pagekeep.capture.formats.preview", str(source), str(made)]
        try:
            subprocess.run(command, capture_output=True, timeout=PDF_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return ""
        text = made / _PDF_TEXT
        return text.read_text("utf-8", "replace")[:MOST_DEEPER] if text.exists() else ""


def _decoded(file: KeptFile, most_bytes: int) -> str:
    return b"".join(file.read_range(0, most_bytes)).decode("utf-8", "replace")


@contextmanager
def _alone() -> Iterator[bool]:
    """Yield whether no other process of this machine reads texts now."""
    with (data_dir().run / "texts.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
