"""Give up uploads that nobody went on with."""

import shutil
import time
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult
from pagekeep.domain.status import ResultStatus
from pagekeep.services.uploaded_result import OPEN, said_of
from pagekeep.services.wiring import data_dir

ABANDONED = 24 * 3600.0
_REASON = "Not all parts of this upload came within a day; send it again."


def sweep_uploads() -> int:
    """Forget the parts of uploads that had none for a day; their results fail with the reason. Return how many."""
    folder = data_dir().uploads
    if not folder.is_dir():
        return 0
    return sum(_give_up(child) for child in folder.iterdir() if _quiet_since(child) < time.time() - ABANDONED)


def _quiet_since(folder: Path) -> float:
    """Return when something was last written to, in epoch seconds; now, if it is gone or being made."""
    try:
        return max((path.stat().st_mtime for path in (folder, *folder.iterdir())), default=time.time())
    except FileNotFoundError:
        return time.time()


def _give_up(folder: Path) -> bool:
    with transaction.atomic():
        row = ArchiveResult.objects.filter(pk=UUID(folder.name)).first()
        if row is not None and (row.uploads or row.status in OPEN):
            row.uploads = {}
            if row.status in OPEN:
                row.end_ts = timezone.now()
                row.status = ResultStatus.SUCCEEDED if row.output_files else ResultStatus.FAILED
            if row.status == ResultStatus.FAILED:
                row.output_str = said_of(row) or _REASON
            row.save(update_fields=("uploads", "status", "output_str", "end_ts", "modified_at"))
    shutil.rmtree(folder, ignore_errors=True)
    return True
