"""Add up how often things come about: what `/metrics` tells as counters."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import connection

from pagekeep.archive.models import Tally
from pagekeep.domain.results import Result

CAPTURE, RESULT, REFUSAL, PROBE = "capture", "result", "refusal", "probe"
BOUNDS = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds by which captures are told apart; what takes longer than the last has the name ``+Inf``."""
BROWSER_DIED = "browser_died"


class Tallies:
    """What has come about and is not written down yet."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], list[Any]] = defaultdict(lambda: [0, 0.0])

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, kind: str, name: str, status: str = "", *, number: int = 1, seconds: float = 0.0) -> None:
        """Count something."""
        found = self._found[kind, name, status]
        found[0] += number
        found[1] += seconds

    def add_capture(self, seconds: float, status: str, results: Iterable[Result] = ()) -> None:
        """Count a visit that took so long, and the outputs it has made."""
        index = bisect_left(BOUNDS, seconds)
        self.add(CAPTURE, f"{BOUNDS[index]:g}" if index < len(BOUNDS) else "+Inf", status, seconds=seconds)
        for result in results:
            took = (result.ended_at - result.started_at).total_seconds()
            self.add(RESULT, result.plugin, result.status, seconds=max(0.0, took))

    def write(self) -> None:
        """Add all of it to the archive's numbers, once: 1 statement, none where there is nothing."""
        if not self:
            return
        table = connection.ops.quote_name(Tally._meta.db_table)
        # In one order, so that two that write at the same time cannot wait for each other.
        rows = [(*key, *amounts) for key, amounts in sorted(self._found.items())]
        statement = f"""
            INSERT INTO {table} (kind, name, status, number, seconds)
            VALUES {", ".join(["(%s, %s, %s, %s, %s)"] * len(rows))}
            ON CONFLICT (kind, name, status) DO UPDATE
            SET number = {table}.number + excluded.number, seconds = {table}.seconds + excluded.seconds
        """  # noqa: S608 (the only thing put in is the table's name)
        values: list[Any] = [value for row in rows for value in row]
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
