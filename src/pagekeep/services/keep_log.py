"""The log of a capture: a file of its snapshot and an entry of its manifest, and no result that anybody chooses."""

import logging
from contextlib import suppress

from pagekeep.capture.capture_log import MAX_BYTES, CaptureLog
from pagekeep.domain.errors import CaptureError, EnvironmentProblem, NotFound
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus
from pagekeep.storage.snapshot_files import SnapshotFiles

PLUGIN, FILENAME = "log", "capture.log"
_MIMETYPE = "text/plain; charset=utf-8"
log = logging.getLogger(__name__)


def begin_log(files: SnapshotFiles) -> CaptureLog:
    """Return the log of an attempt; it goes on where that of the attempt before has ended. Blocks."""
    with suppress(NotFound, EnvironmentProblem):
        kept = files.open(PLUGIN, FILENAME)
        return CaptureLog(b"".join(kept) if kept.size <= 2 * MAX_BYTES else b"")
    return CaptureLog()


def keep_log(files: SnapshotFiles, kept: CaptureLog) -> tuple[Result, ...]:
    """Keep a log; return its entry for the manifest. Nothing is kept where a client has put a file in its place.

    Raises:
        LeaseLost, NotFound, EnvironmentProblem: as `SnapshotFiles.save`.
    """
    text = kept.text()
    try:
        stored = files.save(PLUGIN, FILENAME, text, _MIMETYPE, unique=True)  # it holds the time
    except CaptureError as error:
        log.warning("The log of a capture was not kept: %s", error)
        return ()
    summary = f"{len(text.splitlines())} lines"
    return (Result(PLUGIN, ResultStatus.SUCCEEDED, summary, kept.began, kept.ended, (stored,)),)


def kept_log(files: SnapshotFiles) -> tuple[Result, ...]:
    """Return the entry that the manifest on disk has, to write it anew."""
    with suppress(NotFound, EnvironmentProblem):
        found = (result for result in files.read_manifest().results if result.plugin == PLUGIN)
        return tuple(result for result in found if [file.path for file in result.files] == [FILENAME])
    return ()
