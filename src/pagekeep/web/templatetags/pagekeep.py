"""How archived values are shown: everything here is text from strangers."""

import unicodedata
from typing import NamedTuple
from urllib.parse import quote

from django import template
from django.urls import reverse

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import parse_url, shorten, without_credentials
from pagekeep.web.outputs import LABELS, file_url

register = template.Library()

STATUS_LABELS = {
    SnapshotStatus.QUEUED: "Queued",
    SnapshotStatus.STARTED: "Archiving",
    SnapshotStatus.PAUSED: "Paused",
    SnapshotStatus.SUCCEEDED: "Archived",
    SnapshotStatus.FAILED: "Failed",
    SnapshotStatus.SEALED: "Cancelled",
}
RESULT_LABELS = {
    ResultStatus.QUEUED: "Waiting",
    ResultStatus.STARTED: "Being made",
    ResultStatus.PAUSED: "Paused",
    ResultStatus.BACKOFF: "Will be tried again",
    ResultStatus.SUCCEEDED: "Kept",
    ResultStatus.FAILED: "Failed",
    ResultStatus.SKIPPED: "Skipped",
    ResultStatus.NORESULTS: "Nothing there",
}
STEP_LABELS = {
    "fetch": "fetching the file",
    "open": "opening the page",
    "settle": "waiting until it is quiet",
    "wait": "waiting to be let through",
    "behaviours": "scrolling and unfolding",
}


class UrlParts(NamedTuple):
    """A URL in three parts, so that the host can stand out."""

    before: str
    host: str
    after: str


@register.filter
def url_parts(url: str) -> UrlParts:
    """Split a URL around its host, its password left out: screens are looked at by others.

    Characters that reorder or hide text are percent-encoded, as browsers do.
    """
    url = without_credentials(url)
    safe = "".join(quote(c) if unicodedata.category(c) in ("Cf", "Cc", "Zl", "Zp", "Zs", "Cs") else c for c in url)
    scheme, separator, rest = safe.partition("://")
    if not separator:
        return UrlParts("", "", shorten(safe, 300))
    end = min((rest.find(c) for c in "/?#" if c in rest), default=len(rest))
    user, at, host = rest[:end].rpartition("@")
    return UrlParts(scheme + separator + shorten(user + at, 40), shorten(host, 120), shorten(rest[end:], 300))


@register.filter
def without_password(url: str) -> str:
    """Return a URL as it may be shown and led to: a public list has readers whose password it is not."""
    return without_credentials(url)


@register.filter
def is_web_url(url: str) -> bool:
    """Whether a link may lead there: http and https only."""
    try:
        return bool(parse_url(url))
    except BadInput:
        return False


@register.filter(name="shorten")
def shorten_text(text: str, length: int) -> str:
    """Cut the middle out of text that is longer than ``length`` characters."""
    return shorten(str(text), length)


@register.filter
def status_label(status: str) -> str:
    """Return the word people read for a snapshot's status."""
    return STATUS_LABELS[SnapshotStatus(status)]


@register.filter
def result_label(status: str) -> str:
    """Return the words people read for a result's status."""
    return RESULT_LABELS[ResultStatus(status)]


@register.filter
def step_label(step: str) -> str:
    """Return what a worker is doing in a step of a visit."""
    return STEP_LABELS.get(step, f"{LABELS.get(step, step)} …") if step else "starting"


@register.filter
def name(snapshot: Snapshot) -> str:
    """Return what a snapshot is called: its title, or its URL without the scheme as long as it has none."""
    url = without_credentials(snapshot.url)
    return snapshot.title.strip() or url.partition("://")[2] or url


@register.filter
def is_open(snapshot: Snapshot) -> bool:
    """Whether the snapshot's state will change by itself."""
    return snapshot.status in (SnapshotStatus.QUEUED, SnapshotStatus.STARTED)


@register.filter
def picture(snapshot: Snapshot, name: str) -> str:
    """Return the address of ``<plugin>/<path>`` among a row's pictures, empty if it was not kept."""
    plugin, _, path = name.partition("/")
    pictures: list[ArchiveResult] = getattr(snapshot, "pictures", [])
    for result in pictures:
        if (result.plugin, result.status) == (plugin, ResultStatus.SUCCEEDED) and path in result.output_files:
            return file_url(snapshot.pk, plugin, path, result.output_files[path]["sha256"])
    return ""


@register.filter
def thumbnail(snapshot: Snapshot) -> str:
    """Return the address of the small picture of a row: of its page, or else of its file; empty if there is none."""
    return picture(snapshot, "screenshot/thumbnail.jpg") or picture(snapshot, "static/thumbnail.jpg")


@register.filter
def initial(snapshot: Snapshot) -> str:
    """Return the letter that stands in for a missing picture."""
    return snapshot.domain.removeprefix("www.")[:1].upper() or "•"


@register.simple_tag
def snapshot_url(snapshot: Snapshot, name: str = "snapshot") -> str:
    """Return the address of a snapshot's page, or of what is done to it there."""
    return reverse(f"web:{name}", args=[str(snapshot.pk)])
