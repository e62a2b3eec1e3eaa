"""Every read of tags: a constant number of SQL statements each, however many snapshots a tag is on."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from pagekeep.archive.filters import check_choice
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.models import SnapshotTag, Tag
from pagekeep.domain.errors import AmbiguousReference, BadInput, NotFound
from pagekeep.domain.urls import shorten

TAG_SORTS = ("name", "slug", "created_at", "modified_at", "num_snapshots", "id")
WITH_SNAPSHOTS = ("all", "yes", "no")
BATCH = 1000
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")  # what every database can hold
_COLUMNS = {field.attname: field.attname for field in Tag._meta.concrete_fields} | {
    "created_by_username": "created_by__username"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFilters:
    """None means: not asked for. ``created_by`` is a user's id or name; ``year`` the one a tag was made in.

    ``sort`` is one of `TAG_SORTS`, with ``-`` in front for descending.
    """

    name: str | None = None
    slug: str | None = None
    search: str | None = None
    created_by: str | None = None
    created_by_id: str | None = None
    created_by_username: str | None = None
    year: str | None = None
    has_snapshots: str | None = None
    sort: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: an enumerated value is unknown, or an id or year is none.
        """
        check_choice("has_snapshots", self.has_snapshots, WITH_SNAPSHOTS)
        found = Q()
        if self.name:
            found &= Q(key=" ".join(self.name.split()).casefold())
        if self.slug:
            found &= Q(slug=self.slug)
        if self.search:
            found &= Q(key__contains=self.search.strip().casefold()) | Q(slug__contains=self.search.strip())
        if self.created_by:
            found &= made_by(self.created_by, "")
        if self.created_by_id:
            found &= Q(created_by_id=_number("created_by_id", self.created_by_id))
        if self.created_by_username:
            found &= Q(created_by__username=self.created_by_username)
        if self.year:
            if not re.fullmatch(r"[0-9]{4}", self.year) or self.year == "0000":
                raise BadInput(f"year={shorten(self.year, 20)!r} is no year; it has four digits.")
            found &= Q(created_at__year=int(self.year))
        if self.has_snapshots in ("yes", "no"):
            found &= Q(num_snapshots__gt=0) if self.has_snapshots == "yes" else Q(num_snapshots__lte=0)
        return found

    def order(self) -> list[str]:
        """Return a total order: newest first, unless ``sort`` says otherwise."""
        sort = self.sort or "-created_at"
        check_choice("sort", sort.removeprefix("-") or sort, TAG_SORTS)
        dash = "-" if sort.startswith("-") else ""
        column = sort.removeprefix("-")
        return [f"{dash}{'key' if column == 'name' else column}", f"{dash}id"]


def made_by(who: str, path: str) -> Q:
    """Return the condition that a user, given by id or name, made it.

    Args:
        path: what leads to the record with ``created_by``, e.g. ``crawl__``; empty for the record itself.
    """
    by_name = Q(**{f"{path}created_by__username": who})
    return by_name | Q(**{f"{path}created_by_id": int(who)}) if _NUMBER.fullmatch(who) else by_name


def list_tags(filters: TagFilters | None = None) -> QuerySet[Tag]:
    """Return tags, newest first.

    Raises:
        BadInput: a filter's value is unknown.
    """
    filters = filters or TagFilters()
    return Tag.objects.filter(filters.condition()).order_by(*filters.order())


def tag_rows(tags: QuerySet[Tag]) -> list[Row]:
    """Return the columns of tags and ``created_by_username``: 1 statement."""
    return [dict(zip(_COLUMNS, row, strict=True)) for row in tags.values_list(*_COLUMNS.values())]


def find_tag(reference: str) -> Tag:
    """Return the tag of this id, else name (case does not matter), else slug: at most 3 statements.

    Raises:
        NotFound: none fits.
        AmbiguousReference: several have this slug.
    """
    text = " ".join(reference.split())
    conditions = [Q(pk=int(text))] if _NUMBER.fullmatch(text) else []
    conditions += [Q(key=text.casefold()), Q(slug=text)]
    for condition in conditions:
        found = list(Tag.objects.filter(condition).order_by("pk"))
        if len(found) > 1:
            raise AmbiguousReference(f"{shorten(text)!r} fits {len(found)} tags; give the id or the whole name.")
        if found:
            return found[0]
    raise NotFound(f"There is no tag {shorten(reference)!r} in this archive.")


def require_tag(tag_id: int) -> Tag:
    """Return the tag of this id.

    Raises:
        NotFound: there is none.
    """
    tag = Tag.objects.filter(pk=tag_id).first()
    if tag is None:
        raise NotFound(f"There is no tag {tag_id} in this archive.")
    return tag


def complete_name(beginning: str, limit: int) -> QuerySet[Tag]:
    """Return the tags whose name holds the text, most used first."""
    return Tag.objects.filter(key__contains=beginning.strip().casefold()).order_by("-num_snapshots", "key")[:limit]


def tagged_last(tag_ids: Collection[int], number: int) -> dict[int, list[UUID]]:
    """Return for each of at most 500 tags the snapshots that got it last, the last first: 1 statement.

    Args:
        number: how many for each tag, hidden ones included.
    """
    found: dict[int, list[UUID]] = {tag_id: [] for tag_id in tag_ids}
    if not found:
        return found
    links = connection.ops.quote_name(SnapshotTag._meta.db_table)
    # By the index on tag_id alone: ranking within each tag would read all its links.
    one = f"SELECT * FROM (SELECT tag_id, snapshot_id FROM {links} WHERE tag_id = %s ORDER BY id DESC LIMIT %s)"  # noqa: S608
    values = [value for tag_id in found for value in (tag_id, number)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"{one} AS t{index}" for index in range(len(found))), values)
        for tag_id, snapshot_id in cursor.fetchall():
            found[tag_id].append(UUID(str(snapshot_id)))
    return found


def each_tagged(tag_id: int) -> Iterator[list[tuple[UUID, str]]]:
    """Yield id and URL of every listed snapshot of a tag, those that got it last first, a thousand at a time.

    A statement for each thousand: a reader that is slow holds nothing open in the database.
    """
    links = SnapshotTag.objects.filter(tag_id=tag_id, snapshot__hidden=False).order_by("-pk")
    last: int | None = None
    while True:
        rest = links if last is None else links.filter(pk__lt=last)
        rows = list(rest.values_list("pk", "snapshot_id", "snapshot__url")[:BATCH])
        if not rows:
            return
        last = rows[-1][0]
        yield [(snapshot_id, url) for _, snapshot_id, url in rows]


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"{name}={shorten(text, 40)!r} is no id; it is a number.")
    return int(text)
