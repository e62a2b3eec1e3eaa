"""Every read of crawls: a constant number of SQL statements each, however many pages they have."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Substr

from pagekeep.archive.filters import check_choice
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.models import Crawl, CrawlRefusal, CrawlSitemap, RefusalCount, Snapshot
from pagekeep.archive.tag_queries import made_by
from pagekeep.domain.status import CrawlOutcome, CrawlStatus, SnapshotStatus

CRAWL_SORTS = ("created_at", "modified_at", "status", "outcome", "label", "max_depth", "num_refused")
LISTED_URLS = 10_000
"""Characters of ``urls`` that a list shows."""
_COLUMNS = {field.attname: field.attname for field in Crawl._meta.concrete_fields} | {
    "created_by_username": "created_by__username"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlFilters:
    """None means: not asked for. ``sort`` is one of `CRAWL_SORTS`, with ``-`` in front for descending."""

    id: str | None = None
    status: str | None = None
    outcome: str | None = None
    search: str | None = None
    label: str | None = None
    tag: str | None = None
    max_depth: int | None = None
    created_by: str | None = None
    created_by_id: str | None = None
    created_by_username: str | None = None
    created_at: datetime | None = None
    created_at__gte: datetime | None = None
    created_at__lt: datetime | None = None
    modified_at: datetime | None = None
    modified_at__gte: datetime | None = None
    modified_at__lt: datetime | None = None
    sort: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: an enumerated value is unknown.
        """
        check_choice("status", self.status, list(CrawlStatus))
        check_choice("outcome", self.outcome, list(CrawlOutcome))
        times = {field.name: getattr(self, field.name) for field in fields(self) if "_at" in field.name}
        asked = {name: value for name, value in times.items() if value is not None}
        asked |= {name: value for name in ("status", "outcome") if (value := getattr(self, name))}
        if self.max_depth is not None:
            asked["max_depth"] = self.max_depth
        if self.created_by_username:
            asked["created_by__username"] = self.created_by_username
        if self.label:
            asked["label__icontains"] = self.label
        found = Q(**asked)
        if self.id:
            found &= Q(pk__icontains=self.id.replace("-", ""))
        for who in (self.created_by, self.created_by_id):
            found &= made_by(who, "") if who else Q()
        if self.tag:  # tags_str holds them between commas
            name = self.tag.strip()
            found &= (
                Q(tags_str__iexact=name)
                | Q(tags_str__istartswith=f"{name},")
                | Q(tags_str__iendswith=f",{name}")
                | Q(tags_str__icontains=f",{name},")
            )
        if self.search:
            found &= (
                Q(urls__icontains=self.search)
                | Q(label__icontains=self.search)
                | Q(notes__icontains=self.search)
                | Q(tags_str__icontains=self.search)
                | Q(pk__icontains=self.search.replace("-", ""))
            )
        return found

    def order(self) -> list[str]:
        """Return a total order: newest first, unless ``sort`` says otherwise."""
        sort = self.sort or "-created_at"
        check_choice("sort", sort.removeprefix("-") or sort, CRAWL_SORTS)
        return [sort, "-id" if sort.startswith("-") else "id"]


def list_crawls(filters: CrawlFilters | None = None) -> QuerySet[Crawl]:
    """Return crawls, newest first.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or CrawlFilters()
    return Crawl.objects.filter(filters.condition()).order_by(*filters.order())


def crawl_rows(crawls: QuerySet[Crawl], *, whole_urls: bool = False) -> list[Row]:
    """Return the columns of crawls, and more: 2 statements.

    ``created_by_username``, and ``num_snapshots``, ``num_succeeded``, ``num_failed``, ``num_open``: how many of its
    snapshots there are in all, in these states, and still to do.

    Args:
        whole_urls: False cuts long ``urls`` to their first characters.
    """
    columns = [value for name, value in _COLUMNS.items() if name != "urls"]
    urls = "urls" if whole_urls else Substr("urls", 1, LISTED_URLS)
    names = [*(name for name in _COLUMNS if name != "urls"), "urls"]
    rows = [dict(zip(names, row, strict=True)) for row in crawls.values_list(*columns, urls)]
    counts = _counts([row["id"] for row in rows])
    for row in rows:
        own = counts.get(row["id"], {})
        row["num_snapshots"] = sum(own.values())
        row["num_succeeded"] = own.get(SnapshotStatus.SUCCEEDED, 0)
        row["num_failed"] = own.get(SnapshotStatus.FAILED, 0)
        row["num_open"] = sum(own.get(status, 0) for status in ("queued", "started", "paused"))
    return rows


def refusals_by_rule(crawl_id: UUID) -> dict[str, int]:
    """Return how many URLs of a crawl each rule refused, the largest number first: 1 statement."""
    rows = RefusalCount.objects.filter(crawl_id=crawl_id, number__gt=0)
    return dict(rows.order_by("-number", "rule").values_list("rule", "number"))


@dataclass(frozen=True, slots=True)
class Account:
    """What became of each URL that a crawl has seen: ``pages`` by their status, ``refused`` by rule."""

    pages: dict[str, int]
    refused: dict[str, int]

    @property
    def seen(self) -> int:
        """How many URLs that are in all."""
        return sum(self.pages.values()) + sum(self.refused.values())


def account_of(crawl_id: UUID) -> Account:
    """Return the account of a crawl: 2 statements."""
    return Account(_counts([crawl_id]).get(crawl_id, {}), refusals_by_rule(crawl_id))


def list_refusals(crawl_id: UUID) -> QuerySet[CrawlRefusal]:
    """Return the refused URLs of a crawl that are kept, in the order they were met."""
    return CrawlRefusal.objects.filter(crawl_id=crawl_id).order_by("id")


def each_refusal(crawl_id: UUID) -> Iterator[Row]:
    """Yield url, rule, reason and depth of the refused URLs of a crawl, read piece by piece."""
    for refusal in list_refusals(crawl_id).iterator(1000):
        yield {"url": refusal.url, "rule": refusal.rule, "reason": refusal.reason, "depth": refusal.depth}


def list_sitemaps(crawl_id: UUID) -> QuerySet[CrawlSitemap]:
    """Return the sitemaps of a crawl in the order they were met; of sites only those where none could be found yet."""
    return CrawlSitemap.objects.filter(crawl_id=crawl_id).exclude(level=0, due_at=None, reason="").order_by("id")


def sitemap_counts(crawl_id: UUID) -> dict[str, int]:
    """Return how many of those were read, could not be, and are still to be, and how many ``pages`` they list in all:
    1 statement; empty if there is none.
    """
    told = list_sitemaps(crawl_id).aggregate(
        read=Count("pk", filter=Q(due_at=None, reason="")),
        unread=Count("pk", filter=Q(due_at=None) & ~Q(reason="")),
        waiting=Count("pk", filter=Q(due_at__isnull=False)),
        pages=Coalesce(Sum("found"), 0),
    )
    return told if any(told.values()) else {}


def _counts(crawl_ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    counts: dict[UUID, dict[str, int]] = {}
    states = Snapshot.objects.filter(crawl__in=crawl_ids).order_by().values_list("crawl_id", "status")
    for crawl_id, status, number in states.annotate(number=Count("pk")):
        counts.setdefault(crawl_id, {})[status] = number
    return counts
