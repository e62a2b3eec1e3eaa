"""A logged-in browser's worth of requests, and snapshots with real stored files."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.wiring import snapshot_files

MakeSnapshot = Callable[..., Snapshot]
Files = dict[str, tuple[bytes, str]]


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin")  # without a password: hashing one takes time


@pytest.fixture
def staff(admin: User, client: Client) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def make_snapshot(admin: User) -> MakeSnapshot:
    """Return a maker of ended snapshots: ``files`` maps ``<plugin>/<path>`` to (bytes, media type)."""

    def make(url: str = "https://example.com/", files: Files | None = None, **columns: Any) -> Snapshot:
        tags = columns.pop("tags", ())
        snapshot = add_urls([url], user=admin, tags=tags).snapshots[0]
        ended = {"status": SnapshotStatus.SUCCEEDED, "retry_at": None, "response_status": 200, "title": "A title"}
        Snapshot.objects.filter(pk=snapshot.pk).update(**(ended | columns))
        for name, (data, mimetype) in (files or {}).items():
            _keep(snapshot, name, data, mimetype)
        return Snapshot.objects.get(pk=snapshot.pk)

    return make


def _keep(snapshot: Snapshot, name: str, data: bytes, mimetype: str) -> None:
    plugin, _, path = name.partition("/")
    stored = snapshot_files(snapshot.pk).save(plugin, path, data, mimetype)
    row, _ = ArchiveResult.objects.get_or_create(
        snapshot=snapshot,
        plugin=plugin,
        defaults={"created_at": datetime.now(UTC), "status": ResultStatus.SUCCEEDED, "start_ts": timezone.now()},
    )
    row.output_files[path] = {"size": stored.size, "mimetype": mimetype, "extension": "", "sha256": stored.sha256}
    row.output_size += stored.size
    row.save()
