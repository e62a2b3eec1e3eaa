"""Plain text: one URL per line. Empty lines and lines that begin with ``#`` are passed over."""

from pagekeep.crawl.inputs.item import Found, Item
from pagekeep.crawl.inputs.source import Source
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import parse_url


def is_one(source: Source) -> bool:
    """Whether every line is a URL."""
    lines = (line.strip() for line in source.lines())
    return all(not line or line.startswith("#") or _is_url(line) for line in lines)


def read(source: Source) -> Found:
    """Return every line as a link; whether it is a URL is for others to say."""
    found = Found()
    for number, line in enumerate(source.lines(), 1):
        if (url := line.strip()) and not url.startswith("#"):
            found.put(Item(url, place=source.line_of(number)))
    return found


def _is_url(text: str) -> bool:
    try:
        parse_url(text)
    except BadInput:
        return False
    return True
