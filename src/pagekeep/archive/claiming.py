# ruff: noqa: S608 (nothing that is put into these statements comes from outside)
"""Finding the page to claim: the lane whose first page has been due longest, and whether its host may be asked.

All is done in one transaction, and transactions that write take turns, so nothing changes meanwhile.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from pagekeep.archive.models import Crawl, Host, Lane, Snapshot
from pagekeep.archive.statements import column_value, do, every, one
from pagekeep.config.load import settings
from pagekeep.crawl.politeness import Held, HostState, delay_of, ready_at
from pagekeep.domain.errors import BadInput

_LANES, _HOSTS, _PAGES, _CRAWLS = (model._meta.db_table for model in (Lane, Host, Snapshot, Crawl))
_WOKEN = 1000
"""Lanes that are woken at once."""
_OWN_ENDS = timedelta(seconds=1)
# As numbers and not as parameters: from them it is known that each lane has an index of its own.
_DEPTH = {False: "depth = 0", True: "depth > 0"}


@dataclass(frozen=True, slots=True)
class _Lane:
    pk: int
    host: str
    followed: bool
    state: HostState

    @property
    def pages(self) -> str:
        """The condition of its pages; the host's name is its parameter."""
        return f"{_PAGES}.domain = %s AND {_PAGES}.{_DEPTH[self.followed]} AND {_PAGES}.retry_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class _Page:
    pk: UUID
    due: datetime
    crawl_config: dict[str, object]


def may_be_due(moment: datetime) -> bool:
    """Whether anything can be claimed at that moment, as far as the lanes know: 1 statement that locks nothing."""
    then = column_value("retry_at", moment)
    return bool(
        one(
            f"""SELECT 1 WHERE EXISTS (SELECT 1 FROM {_LANES} WHERE wakes_at IS NULL AND due_at <= %s)
            OR EXISTS (SELECT 1 FROM {_LANES} WHERE wakes_at <= %s AND due_at <= %s)""",
            [then, then, then],
        )
    )


def wake_lanes(now: datetime) -> None:
    """Have the lanes looked at whose hosts may be asked again."""
    asleep = f"SELECT id FROM {_LANES} WHERE wakes_at <= %s ORDER BY wakes_at LIMIT {_WOKEN}"
    do(f"UPDATE {_LANES} SET wakes_at = NULL WHERE id IN ({asleep})", [column_value("retry_at", now)])


def take_first(
    owner: UUID, ends: datetime, besides: Collection[UUID], now: datetime, *, links_first: bool
) -> tuple[bool, UUID | None]:
    """Look at the first lane that is awake; claim its page, or put the lane off.

    Args:
        ends: when the lease does.
        besides: snapshots that are left alone.
        links_first: whether followed links go before pages that a person asked for.

    Returns:
        Whether there was a lane, and the page if one was claimed.
    """
    lane = _first_lane(now, followed=links_first) or _first_lane(now, followed=not links_first)
    if lane is None:
        return False, None
    page = _first_page(lane)
    if page is not None and page.pk in besides:
        page = _first_page(lane, besides)
        if page is None or page.due > now:
            _put_off(lane, now + _OWN_ENDS)
            return True, None
    ready = None if page is None or page.due > now else _ready(lane, page, now)
    if page is None or ready is None or ready > now:
        _put_off(lane, ready)
        return True, None
    do(
        f"""UPDATE {_PAGES} SET status = 'started', lease_owner = %s, retry_at = %s, modified_at = %s, claimed_at = %s,
            attempts = attempts + 1, reason = '' WHERE id = %s""",
        [
            column_value("lease_owner", owner),
            *(column_value("retry_at", moment) for moment in (ends, now, now)),
            column_value("id", page.pk),
        ],
    )
    note_visit(lane.host, followed=lane.followed, now=now)
    _put_off(lane, None)
    return True, page.pk


def note_visit(host: str, *, followed: bool, now: datetime) -> None:
    """Record that a visit may be asking the host for a page now. A later moment that is known already stays."""
    columns = ("visited_at", "followed_at") if followed else ("visited_at",)
    later = ", ".join(
        f"{name} = CASE WHEN {_HOSTS}.{name} > excluded.{name} THEN {_HOSTS}.{name} ELSE excluded.{name} END"
        for name in columns
    )
    do(
        f"""INSERT INTO {_HOSTS} (name, {", ".join(columns)}) VALUES (%s, {", ".join("%s" for _ in columns)})
            ON CONFLICT (name) DO UPDATE SET {later}""",
        [host, *(column_value(name, now, Host) for name in columns)],
    )


def _first_lane(now: datetime, *, followed: bool) -> _Lane | None:
    """Return the lane of this kind that is awake and has been due longest."""
    row = one(
        f"""SELECT {_LANES}.id, host, visited_at, followed_at, crawl_delay, delay, slow_until
            FROM {_LANES} LEFT JOIN {_HOSTS} ON {_HOSTS}.name = host
            WHERE wakes_at IS NULL AND followed = %s AND due_at <= %s ORDER BY due_at LIMIT 1""",
        [followed, column_value("retry_at", now)],
    )
    if row is None:
        return None
    pk, host, visited_at, followed_at, crawl_delay, delay, slow_until = row
    state = HostState(_moment(visited_at), _moment(followed_at), crawl_delay, delay, _moment(slow_until))
    return _Lane(pk, host, followed, state)


def _first_page(lane: _Lane, besides: Collection[UUID] = ()) -> _Page | None:
    """Return the first page of a lane, whether it is due or not."""
    others = f"AND {_PAGES}.id NOT IN ({', '.join('%s' for _ in besides)})" if besides else ""
    row = one(
        f"""SELECT {_PAGES}.id, {_PAGES}.retry_at, {_CRAWLS}.config
            FROM {_PAGES} JOIN {_CRAWLS} ON {_CRAWLS}.id = {_PAGES}.crawl_id
            WHERE {lane.pages} {others} ORDER BY {_PAGES}.retry_at, {_PAGES}.id LIMIT 1""",
        [lane.host, *(column_value("id", pk) for pk in besides)],
    )
    if row is None:
        return None
    due = _moment(row[1])
    assert due is not None  # noqa: S101 (the statement asks for it)
    return _Page(UUID(str(row[0])), due, orjson.loads(row[2]) if isinstance(row[2], str) else row[2])


def _ready(lane: _Lane, page: _Page, now: datetime) -> datetime:
    """Return from when on a page that is due may be visited, as far as is known now."""
    rows = every(f"SELECT depth, retry_at FROM {_PAGES} WHERE domain = %s AND lease_owner IS NOT NULL", [lane.host])
    held = [Held(depth > 0, until) for depth, until in ((row[0], _moment(row[1])) for row in rows) if until]
    own = settings()
    return ready_at(
        lane.state,
        held,
        followed=lane.followed,
        due=page.due,
        own=_delay(page, own.crawl_delay) if lane.followed else 0.0,
        concurrency=own.host_concurrency,
        now=now,
    )


def _delay(page: _Page, own: float) -> float:
    try:
        return delay_of(page.crawl_config, own)
    except BadInput:  # which the visit fails with
        return own


def _put_off(lane: _Lane, wakes_at: datetime | None) -> None:
    """Note when the lane's first page is due, and until when its host is not asked."""
    first = f"SELECT min(retry_at) FROM {_PAGES} WHERE {lane.pages}"
    do(
        f"UPDATE {_LANES} SET due_at = ({first}), wakes_at = %s WHERE id = %s",
        [lane.host, column_value("wakes_at", wakes_at, Lane), lane.pk],
    )


def _moment(value: datetime | None) -> datetime | None:
    """Return a moment with its time zone, which SQLite does not keep."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
