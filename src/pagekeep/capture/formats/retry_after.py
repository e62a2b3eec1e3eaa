"""When a server that wants no more requests just now may be asked again: its ``Retry-After``."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pagekeep.capture.recording.exchange import Exchange

# RFC 6585, section 4, and RFC 9110, section 15.6.4.
BUSY_STATUSES = frozenset({429, 503})
_SECONDS = re.compile(r"[0-9]{1,15}", re.ASCII)


def retry_after(exchange: Exchange, now: datetime) -> float | None:
    """Return in how many seconds from ``now`` a server that answered 429 or 503 may be asked again.

    None where it answered something else or named no time. A date is read by the server's own clock, if it tells it.

    Source: RFC 9110, 10.2.3 (a number of seconds, or an HTTP date).
    """
    if exchange.status not in BUSY_STATUSES:
        return None
    value = exchange.header("retry-after").strip()
    if _SECONDS.fullmatch(value):
        seconds = float(value)
    else:
        date = http_date(value)
        if date is None:
            return None
        seconds = (date - (http_date(exchange.header("date")) or exchange.time)).total_seconds()
    return max(0.0, seconds - (now - exchange.time).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return the moment an HTTP date names, None where it is none.

    Source: RFC 9110, 5.6.7; the obsolete forms are read, too.
    """
    try:
        date = parsedate_to_datetime(text.strip())
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
