"""How often something comes again: a word, a cron expression (crontab(5)), or a number of seconds."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

WORDS = {
    "minute": "* * * * *",
    "hour": "0 * * * *",
    "day": "0 0 * * *",
    "week": "0 0 * * SUN",
    "month": "0 0 1 * *",
    "quarter": "0 0 1 1,4,7,10 *",
    "year": "0 0 1 1 *",
}
"""A cron expression for each word."""

_OTHER_WORDS = {
    "minutely": "minute",
    "hourly": "hour",
    "daily": "day",
    "midnight": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
}
SHORTEST = 60
LONGEST = 10 * 366 * 86_400
"""Seconds that may lie between two runs."""
_MAX_LENGTH = 200
_PROBE = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often something comes again. ``text`` is its one normal form: a word, a number of seconds, or five fields."""

    text: str

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return the first time after ``moment``, in UTC.

        Words and cron expressions follow the clocks of the zone. What falls into an hour that the clocks leave out
        comes right after it, what falls into one they show twice comes once, as Debian's cron does it.
        """
        if self.text.isdigit():
            return moment + timedelta(seconds=int(self.text))
        times = CronSim(WORDS.get(self.text, self.text), moment.astimezone(zone))
        # In an hour that comes twice the next time by the clock may be one that has been already.
        return next(found for time in times if (found := time.astimezone(UTC)) > moment)

    def times_from(self, moment: datetime, zone: ZoneInfo, number: int) -> list[datetime]:
        """Return ``moment``, which is one of its times, and those that follow, ``number`` in all, in UTC."""
        times = [moment.astimezone(UTC)]
        while len(times) < number:
            times.append(self.next_after(times[-1], zone))
        return times


def parse_recurrence(text: str) -> Recurrence:
    """Return what ``minute`` to ``year``, ``hourly`` to ``yearly``, seconds or a cron expression means.

    Raises:
        BadInput: it is none of them, too often, or never.
    """
    plain = " ".join(text.split())
    word = plain.lower().removeprefix("@")
    word = _OTHER_WORDS.get(word, word)
    if word in WORDS:
        return Recurrence(word)
    if re.fullmatch(r"[0-9]{1,12}", plain):
        if not SHORTEST <= int(plain) <= LONGEST:
            raise BadInput(f"every={plain} is not possible; seconds go from {SHORTEST} to {LONGEST}.")
        return Recurrence(str(int(plain)))
    if len(plain) > _MAX_LENGTH or not plain.isascii() or len(plain.split()) != 5:
        raise BadInput(
            f"every={shorten(text, 60)!r} is not known; write {', '.join(WORDS)}, a number of seconds, or a cron "
            "expression of five fields, like 30 3 * * MON."
        )
    try:
        next(CronSim(plain, _PROBE))
    except CronSimError as error:
        raise BadInput(f"every={plain!r} is no cron expression: {str(error).lower()}.") from error
    except StopIteration:
        raise BadInput(f"every={plain!r} never comes; no such day exists.") from None
    return Recurrence(plain.upper())


@lru_cache(64)
def parse_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name in the IANA database, like ``Europe/Berlin``.

    Raises:
        BadInput: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # KeyError: its own error for an unknown name; ValueError: no name at all
        raise BadInput(f"There is no time zone {shorten(name, 60)!r}; write one like UTC or Europe/Berlin.") from None
