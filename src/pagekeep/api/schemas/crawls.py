"""Crawls."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, RootModel

from pagekeep.api.schemas.common import Moment, PagingQuery, creator_fields, example, one_of
from pagekeep.api.schemas.snapshots import SnapshotSchema, snapshot_objects
from pagekeep.archive.crawl_queries import CRAWL_SORTS, LISTED_URLS, crawl_rows, refusals_by_rule
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.domain.errors import NotFound
from pagekeep.domain.status import CrawlOutcome, CrawlStatus
from pagekeep.services.change_crawl import ACTIONS, SETTABLE

NESTED = 10_000
NESTED_WITH_RESULTS = 1_000
"""Snapshots that come with a crawl, without and with their results; ``GET core/snapshots?crawl_id=`` pages them all."""
MAX_URLS = 2**31 - 1
MAX_SIZE = 2**53 - 1

_EXAMPLE: dict[str, Any] = {
    "TYPE": "crawls.models.Crawl",
    "id": "0199c0de-0000-7000-8000-000000000001",
    "modified_at": "2026-11-23T20:00:02Z",
    "created_at": "2026-11-23T20:00:00Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "status": "sealed",
    "outcome": "finished",
    "limit_reached": "",
    "retry_at": None,
    "is_paused": False,
    "urls": "https://example.com/",
    "max_depth": 0,
    "max_urls": 0,
    "max_size": 0,
    "crawl_timeout": 0,
    "snapshot_max_size": 0,
    "tags_str": "news",
    "label": "",
    "notes": "",
    "config": {},
    "persona": "Default",
    "plugins": [],
    "num_snapshots": 1,
    "num_succeeded": 1,
    "num_failed": 0,
    "num_refused": 0,
    "refused": {},
    "snapshots": [],
}


class CrawlSchema(Schema):
    TYPE: str = "crawls.models.Crawl"
    id: UUID
    modified_at: datetime
    created_at: datetime
    created_by_id: str
    created_by_username: str
    status: str = Field(description="queued, started, paused or sealed.")
    outcome: str = Field(description="finished, cancelled or limit; empty while it is open.")
    limit_reached: str = Field(description="Which limit it met: a sentence; empty otherwise.")
    retry_at: datetime | None
    is_paused: bool
    urls: str = Field(
        description=f"As they were sent, a line each; a list of crawls shows the first {LISTED_URLS} characters."
    )
    max_depth: int = Field(description="How many links away from its own URLs it goes.")
    max_urls: int = Field(description="How many pages it may take; 0 for no limit.")
    max_size: int = Field(description="Bytes of all outputs after which it ends; 0 for no limit.")
    crawl_timeout: int = Field(description="Seconds from its first page on after which it ends; 0 for no limit.")
    snapshot_max_size: int = Field(description="Bytes of one page's outputs; 0 for no limit.")
    tags_str: str
    label: str
    notes: str
    config: dict[str, Any]
    persona: str
    plugins: list[str] = Field(description="Outputs it makes; empty for the setting's.")
    num_snapshots: int
    num_succeeded: int
    num_failed: int
    num_refused: int = Field(description="URLs it did not take; `files/refused.jsonl` lists up to 100,000 of them.")
    refused: dict[str, int] | None = Field(
        description="How many by which rule, of those that are listed; null in lists."
    )
    snapshots: list[SnapshotSchema] = Field(
        description=f"Empty unless asked for; the first {NESTED}, or {NESTED_WITH_RESULTS} with their results."
    )

    model_config = example(**_EXAMPLE)


class CrawlsSchema(RootModel[list[CrawlSchema]]):
    model_config = ConfigDict(json_schema_extra={"examples": [[_EXAMPLE]]})


class CrawlQuery(PagingQuery):
    id: str | None = Field(None, description="A part of the id.")
    status: str | None = Field(None, json_schema_extra=one_of(CrawlStatus))
    outcome: str | None = Field(None, json_schema_extra=one_of(CrawlOutcome))
    search: str | None = Field(None, description="Part of a URL, label, note, tag or id; case does not matter.")
    label: str | None = Field(None, description="Part of the label.")
    tag: str | None = Field(None, description="The whole name of one of its tags; case does not matter.")
    max_depth: int | None = Field(None, ge=0, le=4)
    created_by: str | None = Field(None, description="A user's id or name.", max_length=150)
    created_by_id: str | None = Field(None, max_length=18)
    created_by_username: str | None = None
    created_at: Moment = None
    created_at__gte: Moment = None
    created_at__lt: Moment = None
    modified_at: Moment = None
    modified_at__gte: Moment = None
    modified_at__lt: Moment = None
    sort: str | None = Field(
        None,
        description="With `-` in front for descending. Newest first if absent.",
        json_schema_extra=one_of(f"{sign}{name}" for name in CRAWL_SORTS for sign in ("", "-")),
    )


class CrawlReadQuery(Schema):
    as_rss: bool = Field(False, description="Answer its newest snapshots as RSS 2.0.")
    with_snapshots: bool = False
    with_archiveresults: bool = Field(False, description="The snapshots come with their results.")


class CrawlCreateSchema(Schema):
    urls: list[str] = Field(
        description="URLs, or texts that are lists of them: bookmarks, feeds, sitemaps, OPML, CSV, JSON, Markdown, …"
    )
    max_depth: int = Field(0, description="How many links away to go, 0 to 4.")
    max_urls: int = Field(0, ge=0, le=MAX_URLS, description="How many pages it may take; 0 for no limit.")
    max_size: int = Field(0, ge=0, le=MAX_SIZE, description="Bytes of all outputs after which it ends; 0: no limit.")
    crawl_timeout: int = Field(0, ge=0, le=MAX_URLS, description="Seconds after which it ends; 0 for no limit.")
    snapshot_max_size: int = Field(0, ge=0, le=MAX_SIZE, description="Bytes of one page's outputs; 0 for no limit.")
    tags: list[str] | None = Field(None, description="They go before `tags_str`.")
    tags_str: str = Field("", description="Tags, separated by commas.")
    label: str = Field("", max_length=255)
    notes: str = ""
    config: dict[str, Any] = Field(
        {}, description="Kept as it is. TIMEOUT, CHECK_SSL_VALIDITY, USER_AGENT, URL_ALLOWLIST, URL_DENYLIST, … hold."
    )
    plugins: list[str] = Field([], description="Outputs to make; empty for the setting's.")
    persona: str = "Default"
    only_new: bool | None = Field(None, description="Pass over URLs that have a snapshot; absent: the setting's.")
    index_only: bool = Field(False, description="Record it paused; `action=resume` begins it.")

    model_config = example(urls=["https://example.com/"], max_depth=0, tags=["news"], label="Example")


class CrawlUpdateSchema(Schema):
    action: str | None = Field(None, json_schema_extra=one_of(ACTIONS))
    status: str | None = Field(None, description="`sealed` cancels what is open.", json_schema_extra=one_of(SETTABLE))
    retry_at: Moment = Field(None, description="When what is queued is taken up.")
    tags: list[str] | None = Field(None, description="Replace those it has put on its snapshots.")
    tags_str: str | None = Field(None, description="The same, separated by commas.")
    label: str | None = Field(None, max_length=255)
    notes: str | None = None

    model_config = example(action="pause")


class CrawlDeleteResponseSchema(Schema):
    success: bool
    crawl_id: str
    deleted_count: int
    deleted_snapshots: int

    model_config = example(success=True, crawl_id=_EXAMPLE["id"], deleted_count=1, deleted_snapshots=1)


def crawl_object(crawl_id: UUID, *, with_snapshots: bool = False, with_results: bool = False) -> dict[str, Any]:
    """Return the fields of `CrawlSchema`: 3 statements, 2 more with snapshots, 3 with their results.

    Raises:
        NotFound: it was deleted in this moment.
    """
    rows = crawl_rows(Crawl.objects.filter(pk=crawl_id), whole_urls=True)
    if not rows:
        raise NotFound(f"There is no crawl {crawl_id} in this archive any more.")
    snapshots: list[dict[str, Any]] = []
    if with_snapshots or with_results:
        most = NESTED_WITH_RESULTS if with_results else NESTED
        own = Snapshot.objects.filter(crawl_id=crawl_id, hidden=False).order_by("depth", "id")
        snapshots = snapshot_objects(own[:most], with_results=with_results)
    return _fields(rows[0]) | {"refused": refusals_by_rule(crawl_id), "snapshots": snapshots}


def crawl_objects(rows: list[Row]) -> list[dict[str, Any]]:
    """Return the fields of `CrawlSchema` for rows of `crawl_rows`."""
    return [_fields(row) for row in rows]


_AS_THEY_ARE = [name for name in _EXAMPLE if name not in ("TYPE", "is_paused", "refused", "snapshots")]


def _fields(row: Row) -> dict[str, Any]:
    found = {name: row[name] for name in _AS_THEY_ARE if not name.startswith("created_by")}
    return {
        "TYPE": "crawls.models.Crawl",
        **found,
        **creator_fields(row),
        "is_paused": row["status"] == CrawlStatus.PAUSED,
        "refused": None,
        "snapshots": [],
    }
