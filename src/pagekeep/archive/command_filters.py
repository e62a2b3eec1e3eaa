"""What a command (search, update, remove) is about: one meaning for the API's fields and the command line's options."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import reduce
from itertools import islice
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from pagekeep.archive.filters import SnapshotFilters, check_choice, tagged
from pagekeep.archive.models import Snapshot
from pagekeep.archive.queries import list_snapshots
from pagekeep.archive.references import timestamp_match
from pagekeep.archive.sql_functions import fits
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import shorten

MAX_PATTERNS = 500  # SQLite takes a condition of a thousand parts
PART = 500
FIND_SECONDS = 20.0
"""How long a command may look through the archive."""


class FilterType(StrEnum):
    """How a pattern is compared: with the URL, unless it says otherwise."""

    EXACT = "exact"
    SUBSTRING = "substring"
    REGEX = "regex"
    DOMAIN = "domain"
    TAG = "tag"
    TIMESTAMP = "timestamp"
    SEARCH = "search"


ENDED = (SnapshotStatus.SUCCEEDED, SnapshotStatus.SEALED)
OLD_STATUSES: dict[str, Q] = {
    "indexed": Q(),
    "archived": Q(status__in=ENDED),
    "unarchived": ~Q(status__in=ENDED),
}
"""Words of old clients: all, those that have ended well, the rest."""
STATUSES = (*(status.value for status in SnapshotStatus), *OLD_STATUSES)

_DOMAIN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFilters:
    """None and empty mean: not asked for. Filters narrow together; of several patterns one is enough.

    Attributes:
        filter_type: one of `FilterType`.
        after, before: epoch seconds of `bookmarked_at`, the first included, the last not; clamped to the years
            1 to 9999.
        resume: epoch seconds, inclusive: only those bookmarked then or earlier.
        status: one of `STATUSES`.
        limit: how many at most, from the start of ``sort`` (see `SnapshotFilters`).
    """

    filter_type: str | None = None
    filter_patterns: tuple[str, ...] = ()
    after: float | None = None
    before: float | None = None
    resume: float | None = None
    status: str | None = None
    url__icontains: str | None = None
    url__istartswith: str | None = None
    tag: str | None = None
    crawl_id: str | None = None
    search: str | None = None
    limit: int | None = None
    sort: str | None = None

    def condition(self) -> Q:
        """Return what the snapshots must fulfil.

        Raises:
            BadInput: a value is unknown or is not of its kind.
        """
        check_choice("status", self.status, STATUSES)
        found = self._plain().condition()
        if self.status:
            found &= OLD_STATUSES.get(self.status, Q(status=self.status))
        if self.after is not None:
            found &= Q(bookmarked_at__gte=_moment("after", self.after))
        if self.before is not None:
            found &= Q(bookmarked_at__lt=_moment("before", self.before))
        if self.resume is not None:
            found &= Q(bookmarked_at__lte=_moment("resume", self.resume))
        if patterns := self.patterns():
            found &= reduce(or_, (self._fits(pattern) for pattern in patterns))
        return found

    def order(self) -> list[str]:
        """Return a total order: newest first, unless ``sort`` says otherwise."""
        return self._plain().order()

    def narrow(self) -> bool:
        """Whether they leave out anything at all; ``limit`` and ``sort`` do not say what is meant."""
        named = (self.url__icontains, self.url__istartswith, self.tag, self.crawl_id, self.search, self.patterns())
        return (
            any(named)
            or bool(self.status and self.status != "indexed")
            or (self.after or 0) > 0
            or (self.before is not None and self.before < timezone.now().timestamp())
            or (self.resume is not None and self.resume < timezone.now().timestamp())
        )

    def _plain(self) -> SnapshotFilters:
        return SnapshotFilters(
            url__icontains=self.url__icontains,
            url__istartswith=self.url__istartswith,
            tag=self.tag,
            crawl_id=self.crawl_id,
            search=self.search,
            sort=self.sort,
        )

    def patterns(self) -> list[str]:
        """Return the patterns, each once, without blank ones.

        Raises:
            BadInput: there are too many, or one is no whole text.
        """
        patterns = [pattern for pattern in dict.fromkeys(self.filter_patterns) if pattern.strip()]
        if len(patterns) > MAX_PATTERNS:
            raise BadInput(f"filter_patterns holds {len(patterns)} patterns; at most {MAX_PATTERNS} are accepted.")
        for pattern in patterns:
            if any("\ud800" <= character <= "\udfff" for character in pattern):
                raise BadInput(f"The pattern {shorten(ascii(pattern))} holds half of a character; write it whole.")
        return patterns

    def _fits(self, pattern: str) -> Q:
        check_choice("filter_type", self.filter_type, list(FilterType))
        match self.filter_type or FilterType.SUBSTRING:
            case FilterType.EXACT:
                return Q(url=pattern.strip())
            case FilterType.REGEX:
                return Q(fits("url", pattern))
            case FilterType.DOMAIN:
                return _at_domain(pattern.strip())
            case FilterType.TAG:
                return tagged(pattern, "pk")
            case FilterType.TIMESTAMP:
                return _of_timestamp(pattern)
            case FilterType.SEARCH:
                return SnapshotFilters(search=pattern).condition()
            case _:
                return Q(url__icontains=pattern)


def epoch_seconds(text: str) -> float | None:
    """Return the time a number of epoch seconds or an ISO 8601 text (UTC if it names no zone) means; None for a blank.

    Raises:
        BadInput: it is neither.
    """
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadInput(
            f"{shorten(text, 60)!r} is no time; write epoch seconds or one like 2026-11-23 or 2026-11-23T20:00:00Z."
        ) from None


def matching(filters: CommandFilters) -> QuerySet[Snapshot]:
    """Return the snapshots that fit, in order, whatever the limit. A search looks at each row; see `find_matching`.

    Raises:
        BadInput: a filter's value is bad.
    """
    return list_snapshots().filter(filters.condition()).order_by(*filters.order())


def in_parts(ids: Iterable[UUID], order: Sequence[str]) -> Iterator[QuerySet[Snapshot]]:
    """Yield snapshots by their ids, some hundred at a time, so that a long list never lies in memory as a whole.

    Args:
        ids: in the order that ``order`` names.
    """
    remaining = iter(ids)
    while part := list(islice(remaining, PART)):
        yield Snapshot.objects.filter(pk__in=part).order_by(*order)


def _moment(name: str, seconds: float) -> datetime:
    if math.isnan(seconds):
        raise BadInput(f"{name} is no number; give epoch seconds.")
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    clamped = min(max(seconds, first.timestamp()), last.timestamp() - 1)
    return datetime.fromtimestamp(clamped, UTC)


def _at_domain(pattern: str) -> Q:
    """Return the condition for a host, or a host and port: the port of a URL that names none is its scheme's."""
    found = _DOMAIN.fullmatch(pattern)
    if found is None:
        raise BadInput(
            f"{shorten(pattern)!r} is no domain; write a host name, or a host name and port, like a.org:8080."
        )
    host = found["host"].lower()
    at_host = Q(domain=host.strip("[]"))
    if found["port"] is None:
        return at_host
    port = int(found["port"])
    with_port = Q(fits("url", rf"^\s*https?://([^/?#\\]*@)?{re.escape(host)}:0*{port}([/?#\\]|\s*$)"))
    scheme = {80: "http", 443: "https"}.get(port)
    if scheme:
        with_port |= Q(fits("url", rf"^\s*{scheme}://([^/?#\\]*@)?{re.escape(host)}:?([/?#\\]|\s*$)"))
    return at_host & with_port


def _of_timestamp(pattern: str) -> Q:
    found = timestamp_match(pattern)
    if found is None:
        raise BadInput(
            f"{shorten(pattern)!r} is no timestamp; write epoch seconds or a time like 2026-11-23T20:00:00Z."
        )
    return found
