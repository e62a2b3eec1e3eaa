"""Joins the settings to the parts that need them."""

from collections.abc import Callable
from uuid import UUID

from pagekeep.archive.database import on_postgres
from pagekeep.capture.chromium.warm import Wear
from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.config.load import settings
from pagekeep.search.index import SearchIndex
from pagekeep.search.rows import RowSearch
from pagekeep.search.sqlite_fts import SqliteIndex
from pagekeep.storage.layout import DataDir
from pagekeep.storage.persona_files import PersonaFiles
from pagekeep.storage.snapshot_files import SnapshotFiles


def data_dir() -> DataDir:
    """Return the folder that holds everything the archive keeps."""
    return DataDir(settings().data_dir)


def snapshot_files(snapshot_id: UUID, fence: Callable[[], None] | None = None) -> SnapshotFiles:
    """Return the files of a snapshot; with a ``fence``, the sink of its capture."""
    return SnapshotFiles(data_dir(), snapshot_id, fence)


def persona_files(persona_id: UUID) -> PersonaFiles:
    """Return what a persona has of sites."""
    return PersonaFiles(data_dir(), persona_id)


def make_engine() -> Engine:
    """Return the capture engine the settings describe, not yet started."""
    own = settings()
    return Engine(
        EngineOptions(
            chromium=own.chromium,
            sandbox=own.chromium_sandbox,
            memory=own.max_page_memory,
            wear=Wear(own.browser_pages, own.browser_age, own.browser_memory),
        )
    )


def search_index() -> SearchIndex:
    """Return the index of the archive's words."""
    return RowSearch() if on_postgres() else SqliteIndex()
