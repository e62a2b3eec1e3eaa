"""What an endpoint may be told of, and how a message to it is signed (Standard Webhooks 1.0, symmetric signatures)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus, SnapshotStatus

SECRET_PREFIX = "whsec_"  # noqa: S105 (of the format, no secret)
TEST_EVENT = "webhook.test"
EVENTS = (
    *(f"snapshot.{status}" for status in SnapshotStatus),
    *(f"crawl.{status}" for status in CrawlStatus),
)
PATTERNS = ("*", "snapshot.*", "crawl.*", *EVENTS)
DEFAULT_EVENTS = ("snapshot.succeeded", "snapshot.failed", "crawl.sealed")


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


def check_events(names: Iterable[str]) -> list[str]:
    """Return the names of events, each once, in their usual order; those of `PATTERNS` with a star stand for many.

    Raises:
        BadInput: one is unknown, or there is none.
    """
    wanted = {name.strip().lower() for name in names if name.strip()}
    for name in sorted(wanted):
        if name not in PATTERNS:
            raise BadInput(f"The event {name[:60]!r} is not known; allowed are {', '.join(PATTERNS)}.")
    if not wanted:
        raise BadInput(f"No event is named; choose from {', '.join(PATTERNS)}.")
    return [name for name in PATTERNS if name in wanted]


def is_wanted(event: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns stands for the event."""
    return any(pattern in ("*", event) or pattern == f"{event.partition('.')[0]}.*" for pattern in patterns)


def secret_text(key: bytes) -> str:
    """Return a signing key as it is shown: ``whsec_`` and Base64."""
    return SECRET_PREFIX + base64.b64encode(key).decode("ascii")


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,`` and the Base64 of the HMAC-SHA256 over ``id.timestamp.body``.

    Args:
        timestamp: when it is sent, epoch seconds.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
