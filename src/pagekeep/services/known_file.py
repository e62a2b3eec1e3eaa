"""Find the file that an earlier snapshot keeps of a URL that is archived again."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from orjson import JSONDecodeError, loads

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.archive.page_facts import is_captured_elsewhere
from pagekeep.capture.formats.preview_kinds import TEXT, THUMBNAIL
from pagekeep.capture.known_file import KeptPart, KnownFile
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.results import StoredFile
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.wiring import snapshot_files
from pagekeep.storage.snapshot_files import SnapshotFiles

MAX_HEADERS = 1 << 20


def known_file(snapshot: Snapshot) -> KnownFile | None:
    """Return the file that the newest captured snapshot of the same URL keeps, None where it kept a page.

    What another persona was given is another's. Clients may have uploaded to such a snapshot: then it is left alone.
    """
    if not is_captured_elsewhere(snapshot.url, snapshot.pk):
        return None
    captured = Snapshot.objects.filter(
        url=snapshot.url, status=SnapshotStatus.SUCCEEDED, crawl__persona=snapshot.crawl.persona, hidden=False
    )
    earlier = captured.exclude(pk=snapshot.pk).order_by("-bookmarked_at", "-id").first()
    if earlier is None or earlier.response_status not in (200, 304):
        return None
    kept = ArchiveResult.objects.filter(snapshot=earlier, plugin="static", hook_name="", uploads__isnull=True)
    result = kept.filter(status=ResultStatus.SUCCEEDED).first()
    if result is None:
        return None
    files = snapshot_files(earlier.pk)
    with suppress(PagekeepError, JSONDecodeError, KeyError, TypeError, ValueError):
        return _described(earlier, files, _parts(files, result))
    return None


def _parts(files: SnapshotFiles, result: ArchiveResult) -> dict[str, KeptPart]:
    return {
        path: KeptPart(StoredFile(path, file["size"], file["sha256"], file["mimetype"]), _reader(files, path))
        for path, file in result.output_files.items()
    }


def _reader(files: SnapshotFiles, path: str) -> Callable[[], Iterable[bytes]]:
    return lambda: files.open("static", path)


def _described(earlier: Snapshot, files: SnapshotFiles, parts: dict[str, KeptPart]) -> KnownFile | None:
    """Return the file with what its ``headers.json`` says of the answer it came by."""
    made = tuple(part for path, part in parts.items() if path in (TEXT, THUMBNAIL))
    (file,) = (part for path, part in parts.items() if path not in (TEXT, THUMBNAIL))
    kept = files.open("headers", "headers.json")
    told: dict[str, Any] = loads(b"".join(kept)) if kept.size <= MAX_HEADERS else {}
    original = told.get("unchanged") or told
    if original["status"] != 200:
        return None
    return KnownFile(
        url=told["final_url"],
        time=datetime.fromisoformat(original.get("since") or original["time"]),
        status=original["status"],
        reason=str(original["status_text"]),
        headers=_pairs(original["headers"]),
        newer=_pairs(told["headers"]),
        title="" if earlier.title_edited else earlier.title,
        file=file,
        made=made,
    )


def _pairs(listed: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in listed)
