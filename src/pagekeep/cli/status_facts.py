"""What ``pagekeep status`` tells: the archive, its queue, its crawls, its workers, this moment."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pagekeep.archive.crawl_progress import CrawlProgress, crawl_progress
from pagekeep.archive.crawl_queries import crawl_rows
from pagekeep.archive.database import size_of_database
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.host_queries import SlowHost, slow_hosts
from pagekeep.archive.models import Crawl, Worker
from pagekeep.archive.processes import has_ended
from pagekeep.archive.queries import ArchiveCounts, archive_counts
from pagekeep.archive.worker_queries import QueueCounts, living_workers, pages_held, queue_counts, state_of, why_paused
from pagekeep.cli.crawl_report import name_of, slow_hosts_json
from pagekeep.domain.status import CrawlStatus
from pagekeep.services.listeners import own_addresses
from pagekeep.services.wiring import data_dir

CRAWLS_SHOWN = 10
SLOW_HOSTS_SHOWN = 5
_OPEN = (CrawlStatus.QUEUED, CrawlStatus.STARTED, CrawlStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Status:
    """The archive at one moment. ``crawls`` are the newest open ones; sizes are in bytes.

    Attributes:
        pages: what each worker is capturing, see `pages_held`.
        open_crawls: how many there are in all.
        slow_hosts: those waited for longest because they answered 429 or 503.
    """

    root: str
    counts: ArchiveCounts
    queue: QueueCounts
    workers: Sequence[Worker]
    pages: dict[UUID, list[dict[str, Any]]]
    crawls: Sequence[tuple[Row, CrawlProgress]]
    open_crawls: int
    slow_hosts: Sequence[SlowHost]
    pages_per_minute: float
    database_size: int
    disk_free: int
    disk_total: int
    listening: Sequence[str]


def look() -> Status:
    """Return how things stand: some 20 statements, however much there is."""
    home = data_dir()
    workers = [worker for worker in living_workers() if not has_ended(worker)]
    crawls = Crawl.objects.filter(status__in=_OPEN)
    shown = list(crawls.only("pk", "status").order_by("-created_at", "-id")[:CRAWLS_SHOWN])
    rows = {row["id"]: row for row in crawl_rows(Crawl.objects.filter(pk__in=[crawl.pk for crawl in shown]))}
    progress = crawl_progress(shown)
    disk = shutil.disk_usage(home.root)
    return Status(
        root=str(home.root),
        counts=archive_counts(),
        queue=queue_counts(),
        workers=workers,
        pages=pages_held([worker.pk for worker in workers]),
        crawls=[(rows[crawl.pk], progress[crawl.pk]) for crawl in shown if crawl.pk in rows],
        open_crawls=crawls.count(),
        slow_hosts=slow_hosts(SLOW_HOSTS_SHOWN),
        pages_per_minute=round(sum(worker.pages_per_minute for worker in workers), 2),
        database_size=size_of_database(),
        disk_free=disk.free,
        disk_total=disk.total,
        listening=list(own_addresses()),
    )


def status_json(status: Status) -> dict[str, object]:
    """Return the line of JSONL that tells it."""
    counts, queue = status.counts, status.queue
    return {
        "type": "status",
        "id": "status",
        "data_dir": status.root,
        "snapshots": counts.snapshots,
        **{f"snapshots_{state}": number for state, number in counts.by_status.items()},
        "archiveresults": counts.results,
        "output_size": counts.output_size,
        "database_size": status.database_size,
        "disk_free": status.disk_free,
        "disk_total": status.disk_total,
        "active_crawls": counts.active_crawls,
        "oldest_queued_at": counts.oldest_queued_at,
        "pages_per_minute": status.pages_per_minute,
        "queue": {name: getattr(queue, name) for name in ("queued", "started", "backoff", "paused")},
        "crawls": [_crawl_json(row, progress) for row, progress in status.crawls],
        "slow_hosts": slow_hosts_json(status.slow_hosts),
        "workers": [_worker_json(worker, status.pages.get(worker.pk, [])) for worker in status.workers],
        "listening": list(status.listening),
    }


def _crawl_json(row: Row, progress: CrawlProgress) -> dict[str, object]:
    names = ("id", "status", "num_snapshots", "num_succeeded", "num_failed", "num_open", "num_refused")
    told = {"pages_per_minute": progress.pages_per_minute, "waits_for": progress.waits_for}
    return {"name": name_of(row), **{name: row[name] for name in names}, **told}


def _worker_json(worker: Worker, pages: list[dict[str, Any]]) -> dict[str, object]:
    return {
        "id": str(worker.pk),
        "name": str(worker),
        "state": state_of(worker),
        "reason": why_paused(worker),
        "tabs": worker.max_concurrent_tasks,
        "pages_per_minute": worker.pages_per_minute,
        "running_workers": pages,
    }
