"""Joins the settings to the parts that need them."""

from uuid import UUID

from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.config.load import settings
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles


def data_dir() -> DataDir:
    """Return the folder that holds everything the archive keeps."""
    return DataDir(settings().data_dir)


def snapshot_files(snapshot_id: UUID) -> SnapshotFiles:
    """Return the files of a snapshot: the sink of its capture."""
    return SnapshotFiles(data_dir(), snapshot_id)


def make_engine() -> Engine:
    """Return the capture engine the settings describe, not yet started."""
    own = settings()
    return Engine(EngineOptions(chromium=own.chromium, sandbox=own.chromium_sandbox))
