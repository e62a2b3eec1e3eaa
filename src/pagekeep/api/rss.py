"""Lists of snapshots as RSS 2.0 (https://www.rssboard.org/rss-specification)."""

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from django.http import HttpRequest

from pagekeep.archive.flat_rows import Row
from pagekeep.config.load import settings
from pagekeep.domain.urls import without_credentials

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
# What no XML 1.0 document may hold, not even escaped (section 2.2).
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(title: str, link: str, snapshots: Iterable[Row], description: str = "") -> bytes:
    """Return a feed of snapshots, in the order given.

    Args:
        link: the page the feed is of, absolute; items lead to the snapshots of the same web origin.
        snapshots: rows of `flat_rows.snapshot_rows`.
    """
    rss = Element("rss", version="2.0")
    channel = SubElement(rss, "channel")
    rows = list(snapshots)
    _add(channel, "title", title)
    _add(channel, "link", link)
    _add(channel, "description", description or title)
    _add(channel, "generator", "Pagekeep")
    if rows:
        _add(channel, "lastBuildDate", _time(max(row["modified_at"] for row in rows)))
    origin = "/".join(link.split("/", 3)[:3])
    for row in rows:
        _add_item(channel, origin, row)
    content: bytes = tostring(rss, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + content


def origin_of(request: HttpRequest) -> str:
    """Return scheme and host people use: those of the settings, else those of the request."""
    return settings().base_url or f"{request.scheme}://{request.get_host()}"


def _add_item(channel: Element, origin: str, row: Row) -> None:
    item = SubElement(channel, "item")
    url = without_credentials(row["url"])
    _add(item, "title", row["title"] or url)
    _add(item, "link", f"{origin}/snapshot/{row['id']}/")
    # Readers take a description for HTML.
    _add(item, "description", f'<a href="{escape(url)}">{escape(url)}</a> ({row["status"]})')
    for tag in row["tags"]:
        _add(item, "category", tag)
    _add(item, "guid", f"urn:uuid:{row['id']}").set("isPermaLink", "false")
    _add(item, "pubDate", _time(row["bookmarked_at"]))


def _add(parent: Element, name: str, text: str) -> Element:
    child = SubElement(parent, name)
    child.text = _ILLEGAL.sub("", text)
    return child


def _time(moment: datetime) -> str:
    """Return a UTC time as RFC 822 writes it, with the year in full."""
    return format_datetime(moment, usegmt=True)
