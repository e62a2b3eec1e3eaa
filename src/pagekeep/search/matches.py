"""Sets of snapshots, by number, as the index can answer for them: some, the newest, how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import connection

FEW = 5_000
"""As many numbers are read in a few milliseconds."""
_MOST_PARTS = 200  # SQLite joins 500 selects at most


class Matches(Protocol):
    """A set of snapshots. Numbers grow with time."""

    def some(self, most: int) -> list[int]:
        """Return any ``most`` of them, or all if there are fewer, the fastest way."""
        ...

    def newest(self, most: int) -> list[int]:
        """Return the newest, newest first."""
        ...

    def count(self) -> int:
        """Return how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Numbers that are known already, newest first."""

    numbers: Sequence[int]

    def some(self, most: int) -> list[int]:
        return list(self.numbers[:most])

    def newest(self, most: int) -> list[int]:
        return list(self.numbers[:most])

    def count(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class Matching:
    """What an FTS5 query finds in a table."""

    table: str
    query: str

    def some(self, most: int) -> list[int]:
        # Reading forwards is twice as fast as backwards.
        return self._numbers("LIMIT %s", most)

    def newest(self, most: int) -> list[int]:
        return self._numbers("ORDER BY rowid DESC LIMIT %s", most)

    def count(self) -> int:
        ((number,),) = select(f"SELECT count(*) FROM {self.table} WHERE {self.table} MATCH %s", self.query)
        return int(number)

    def _numbers(self, rest: str, most: int) -> list[int]:
        sql = f"SELECT rowid FROM {self.table} WHERE {self.table} MATCH %s {rest}"
        return [row[0] for row in select(sql, self.query, most)]


@dataclass(frozen=True, slots=True)
class Tagged:
    """Snapshots that have one of these tags."""

    tag_ids: Sequence[int]

    def some(self, most: int) -> list[int]:
        return self.newest(most)

    def newest(self, most: int) -> list[int]:
        if len(self.tag_ids) > _MOST_PARTS:
            return self._read("ORDER BY number DESC LIMIT %s", most)
        # Of each tag its newest: an index has them in order, but not those of several tags together.
        one = "SELECT * FROM (SELECT number FROM search_tagged WHERE tag_id = %s ORDER BY number DESC LIMIT %s)"
        values = [value for tag_id in self.tag_ids for value in (tag_id, most)]
        sql = " UNION ".join([one] * len(self.tag_ids))
        return sorted((row[0] for row in select(sql, *values)), reverse=True)[:most]

    def count(self) -> int:
        return len(self._read("")) if len(self.tag_ids) > 1 else self._count_one()

    def _count_one(self) -> int:
        ((number,),) = select("SELECT count(*) FROM search_tagged WHERE tag_id = %s", self.tag_ids[0])
        return int(number)

    def _read(self, rest: str, *values: int) -> list[int]:
        marks = ", ".join(["%s"] * len(self.tag_ids))
        sql = f"SELECT DISTINCT number FROM search_tagged WHERE tag_id IN ({marks}) {rest}"
        return [row[0] for row in select(sql, *self.tag_ids, *values)]


@dataclass(frozen=True, slots=True)
class Either:
    """Snapshots that are in one of two sets."""

    first: Matches
    second: Matches

    def some(self, most: int) -> list[int]:
        return list({*self.first.some(most), *self.second.some(most)})[:most]

    def newest(self, most: int) -> list[int]:
        return sorted({*self.first.newest(most), *self.second.newest(most)}, reverse=True)[:most]

    def count(self) -> int:
        sizes = self.first.count(), self.second.count()
        if 0 in sizes:
            return sum(sizes)
        return len({*self.first.some(sizes[0]), *self.second.some(sizes[1])})


def select(sql: str, *values: int | str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
