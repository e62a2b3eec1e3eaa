"""The states a crawl, a snapshot and an archive result can be in."""

from enum import StrEnum


class CrawlStatus(StrEnum):
    QUEUED = "queued"
    STARTED = "started"
    PAUSED = "paused"
    SEALED = "sealed"


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
