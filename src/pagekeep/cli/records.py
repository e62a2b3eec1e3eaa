"""Records as JSON objects, with the API's names for their fields."""

from collections.abc import Sequence

from pagekeep.archive.models import APIToken, ArchiveResult, Snapshot, Worker
from pagekeep.archive.worker_queries import state_of, why_paused


def snapshot_json(snapshot: Snapshot, *, with_results: bool = False) -> dict[str, object]:
    """Return a snapshot for a line of JSONL; ``output_size`` is in bytes."""
    found: dict[str, object] = {
        "type": "snapshot",
        "id": str(snapshot.pk),
        "crawl_id": str(snapshot.crawl_id),
        "url": snapshot.url,
        "title": snapshot.title,
        "status": snapshot.status,
        "reason": snapshot.reason,
        "response_status": snapshot.response_status,
        "timestamp": snapshot.timestamp,
        "bookmarked_at": snapshot.bookmarked_at,
        "downloaded_at": snapshot.downloaded_at,
        "tags": [tag.name for tag in snapshot.tags.all()],
        "output_size": snapshot.output_size,
        "num_results": snapshot.num_results,
        "archive_path": snapshot.archive_path,
    }
    if with_results:
        found["archiveresults"] = [result_json(result) for result in snapshot.results.all()]
    return found


def result_json(result: ArchiveResult) -> dict[str, object]:
    """Return an archive result for a line of JSONL; ``output_size`` is in bytes."""
    return {
        "plugin": result.plugin,
        "status": result.status,
        "output_str": result.output_str,
        "output_size": result.output_size,
    }


def token_json(token: APIToken) -> dict[str, object]:
    """Return what may be told of a token: never the token itself."""
    return {
        "type": "token",
        "id": str(token.pk),
        "username": token.created_by.get_username(),
        "label": token.label,
        "prefix": token.prefix,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "expires": token.expires,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def worker_json(worker: Worker, pages: Sequence[object]) -> dict[str, object]:
    """Return a worker for a line of JSONL.

    Args:
        pages: what it holds, from `pages_held`.
    """
    return {
        "type": "worker",
        "id": str(worker.pk),
        "name": str(worker),
        "hostname": worker.hostname,
        "pid": worker.pid,
        "state": state_of(worker),
        "reason": why_paused(worker),
        "order": worker.order,
        "started_at": worker.started_at,
        "heartbeat_at": worker.heartbeat_at,
        "max_concurrent_tasks": worker.max_concurrent_tasks,
        "running_workers": pages,
        "succeeded": worker.succeeded,
        "failed": worker.failed,
        "pages_per_minute": worker.pages_per_minute,
    }
