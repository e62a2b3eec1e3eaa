"""What a list of snapshots or archive results can be narrowed by. Field names are those of the API's parameters."""

import re
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from pagekeep.archive.models import ArchiveResult, Crawl, Snapshot, Tag
from pagekeep.archive.references import id_range
from pagekeep.domain.errors import AmbiguousReference, BadInput
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import shorten

SEARCH_MODES = ("meta", "contents", "deep")
"""What `services.find_snapshots` can search; `SnapshotFilters.condition` looks at each row and knows the first only."""
MANY = 20_000
"""Snapshots that are gathered and put in order in less than 100 ms."""
SNAPSHOT_SORTS = (
    "bookmarked_at",
    "created_at",
    "modified_at",
    "downloaded_at",
    "url",
    "title",
    "status",
    "timestamp",
    "output_size",
)
RESULT_SORTS = ("created_at", "modified_at", "start_ts", "end_ts", "plugin", "hook_name", "status", "output_size")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFilters:
    """None means: not asked for. ``sort`` is one of `SNAPSHOT_SORTS`, with ``-`` in front for descending."""

    id: str | None = None
    url: str | None = None
    url__icontains: str | None = None
    url__istartswith: str | None = None
    domain: str | None = None
    tag: str | None = None
    title: str | None = None
    timestamp: str | None = None
    status: str | None = None
    crawl_id: str | None = None
    created_by_id: str | None = None
    created_by_username: str | None = None
    created_at: datetime | None = None
    created_at__gte: datetime | None = None
    created_at__lt: datetime | None = None
    modified_at: datetime | None = None
    modified_at__gte: datetime | None = None
    modified_at__lt: datetime | None = None
    bookmarked_at: datetime | None = None
    bookmarked_at__gte: datetime | None = None
    bookmarked_at__lt: datetime | None = None
    search: str | None = None
    search_mode: str | None = None
    sort: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: an enumerated value is unknown, or an id is none.
        """
        check_choice("search_mode", self.search_mode, SEARCH_MODES)
        check_choice("status", self.status, list(SnapshotStatus))
        found = (
            Q(hidden=False) & _plain(self, ("url", "url__icontains", "url__istartswith", "status"), {}) & _times(self)
        )
        found &= _plain(self, ("created_by_username",), {"created_by_username": "crawl__created_by__username"})
        if self.id:
            found &= _part_of_id(self.id, Snapshot) | starts_with("timestamp", self.id)
        if self.domain:
            found &= Q(domain=self.domain.lower())
        if self.tag:
            found &= tagged(self.tag, "pk")
        if self.title:
            found &= Q(title__icontains=self.title)
        if self.timestamp:
            found &= starts_with("timestamp", self.timestamp)
        if self.crawl_id:
            found &= _crawl_reference(self.crawl_id)
        if self.created_by_id:
            found &= Q(crawl__created_by_id=_integer("created_by_id", self.created_by_id))
        if self.search:
            found &= _search_snapshots(self.search)
        return found

    def order(self) -> list[str]:
        """Return a total order: newest first, unless ``sort`` says otherwise."""
        return _order(self.sort or "-bookmarked_at", SNAPSHOT_SORTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFilters:
    """None means: not asked for. ``extractor`` and ``output`` are old names of ``plugin`` and ``output_str``.

    ``sort`` is one of `RESULT_SORTS`, with ``-`` in front for descending.
    """

    id: str | None = None
    search: str | None = None
    snapshot_id: str | None = None
    snapshot_url: str | None = None
    snapshot_tag: str | None = None
    status: str | None = None
    output_str: str | None = None
    output: str | None = None
    plugin: str | None = None
    extractor: str | None = None
    hook_name: str | None = None
    process_id: str | None = None
    cmd: str | None = None
    pwd: str | None = None
    cmd_version: str | None = None
    created_at: datetime | None = None
    created_at__gte: datetime | None = None
    created_at__lt: datetime | None = None
    sort: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: an enumerated value is unknown, or an id is none.
        """
        check_choice("status", self.status, list(ResultStatus))
        names = {
            "output": "output_str__icontains",
            "output_str": "output_str__icontains",
            "extractor": "plugin",
            "snapshot_url": "snapshot__url__icontains",
            "cmd": "cmd__icontains",
        }
        plain = (
            "status",
            "plugin",
            "extractor",
            "hook_name",
            "pwd",
            "cmd_version",
            "output",
            "output_str",
            "cmd",
            "snapshot_url",
        )
        found = Q(snapshot__hidden=False) & _plain(self, plain, names) & _times(self)
        if self.id:
            found &= _part_of_id(self.id, ArchiveResult) | starts_with("snapshot__timestamp", self.id)
        if self.snapshot_id:
            found &= _snapshot_reference(self.snapshot_id)
        if self.snapshot_tag:
            found &= tagged(self.snapshot_tag, "snapshot_id")
        if self.process_id:
            found &= Q(process_id=_uuid("process_id", self.process_id))
        if self.search:
            found &= _search_results(self.search)
        return found

    def order(self) -> list[str]:
        """Return a total order: newest first, unless ``sort`` says otherwise."""
        return _order(self.sort or "-created_at", RESULT_SORTS)


def check_choice(name: str, value: str | None, allowed: Any) -> None:
    """Raise BadInput naming the allowed values unless ``value`` is None, empty or one of them."""
    if value and value not in allowed:
        words = ", ".join(str(word.value if isinstance(word, StrEnum) else word) for word in allowed)
        raise BadInput(f"{name}={value!r} is not known; allowed are {words}.")


def tagged(name: str, outer: str) -> Q:
    """Return the condition that the snapshot whose id is in column ``outer`` has the tag (case does not matter).

    It costs one statement, for how many have the tag. The snapshots of a rare one are gathered and put in order; for a
    common one the list is read in its order and each row asked whether it has the tag, until the page is full.
    """
    tag = Tag.objects.filter(key=name.strip().casefold()).first()
    if tag is None:
        return Q(pk__in=())
    links = Tag.snapshots.through.objects.filter(tag_id=tag.pk)
    if tag.num_snapshots < MANY:
        return Q((f"{outer}__in", links.values("snapshot_id")))
    return Q(Exists(links.filter(snapshot_id=OuterRef(outer))))


def starts_with(column: str, text: str) -> Q:
    """Return the condition that a column of ASCII text begins so, as a range: LIKE would look at every row."""
    return Q((f"{column}__gte", text), (f"{column}__lt", f"{text}\x7f"))


def _order(sort: str, allowed: tuple[str, ...]) -> list[str]:
    check_choice("sort", sort.removeprefix("-") or sort, allowed)
    return [sort, "-id" if sort.startswith("-") else "id"]


def _plain(filters: object, names: tuple[str, ...], columns: dict[str, str]) -> Q:
    asked = [(columns.get(name, name), getattr(filters, name)) for name in names]
    return Q(*((column, value) for column, value in asked if value))


def _times(filters: Any) -> Q:
    asked = {field.name: getattr(filters, field.name) for field in fields(filters) if "_at" in field.name}
    return Q(**{name: value for name, value in asked.items() if value is not None})


def _part_of_id(text: str, model: type[Snapshot | ArchiveResult]) -> Q:
    digits = text.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{1,32}", digits):
        return Q(pk__in=())
    if len(digits) == 32:
        return Q(pk=UUID(digits))
    return Q(pk__in=model.objects.filter(pk__icontains=digits).values("pk"))  # the index of ids is read, not the rows


def _search_snapshots(text: str) -> Q:
    by_tag = Tag.snapshots.through.objects.filter(snapshot_id=OuterRef("pk"), tag__key__contains=text.casefold())
    return (
        Q(url__icontains=text)
        | Q(title__icontains=text)
        | Q(timestamp__contains=text)
        | _part_of_id(text, Snapshot)
        | Q(Exists(by_tag))
    )


def _search_results(text: str) -> Q:
    by_tag = Tag.snapshots.through.objects.filter(
        snapshot_id=OuterRef("snapshot_id"), tag__key__contains=text.casefold()
    )
    return (
        Q(snapshot__url__icontains=text)
        | Q(snapshot__title__icontains=text)
        | Q(snapshot__timestamp__contains=text)
        | Q(plugin__icontains=text)
        | Q(output_str__icontains=text)
        | _part_of_id(text, ArchiveResult)
        | Q(snapshot__id__icontains=text.replace("-", ""))
        | Q(Exists(by_tag))
    )


def _snapshot_reference(text: str) -> Q:
    found = starts_with("timestamp", text)
    if by_id := id_range(text):
        found |= by_id
    return Q(snapshot__in=Snapshot.objects.filter(found).values("pk"))


def _crawl_reference(text: str) -> Q:
    """Return the condition for the snapshots of one crawl: a beginning of its id costs a statement."""
    crawls = id_range(text)
    if crawls is None:
        raise BadInput(f"crawl_id={shorten(text)!r} is no id, nor the beginning of one.")
    digits = text.strip().replace("-", "")
    if len(digits) == 32:
        return Q(crawl_id=UUID(digits))
    candidates = Crawl.objects.filter(crawls).order_by()
    found = list(candidates.values_list("pk", flat=True)[:2])
    if len(found) > 1:
        raise AmbiguousReference(f"{text!r} fits {candidates.count()} crawls; give more characters of the id.")
    return Q(crawl_id__in=found)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{name}={text!r} is no id.") from None


def _integer(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):  # what every database can hold
        raise BadInput(f"{name}={text!r} is no id; it is a number.")
    return int(text)
