"""The states a crawl, a snapshot and an archive result can be in."""

from enum import StrEnum


class CrawlStatus(StrEnum):
    QUEUED = "queued"
    STARTED = "started"
    PAUSED = "paused"
    SEALED = "sealed"


class CrawlOutcome(StrEnum):
    """How a crawl ended: all its pages did, someone cancelled it, or it met one of its limits."""

    FINISHED = "finished"
    CANCELLED = "cancelled"
    LIMIT = "limit"


class SnapshotStatus(StrEnum):
    QUEUED = "queued"
    STARTED = "started"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SEALED = "sealed"


class ResultStatus(StrEnum):
    QUEUED = "queued"
    STARTED = "started"
    PAUSED = "paused"
    BACKOFF = "backoff"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    NORESULTS = "noresults"
