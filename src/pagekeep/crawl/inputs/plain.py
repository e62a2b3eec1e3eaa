"""Plain text: one URL per line. Empty lines and lines that begin with ``#`` are passed over."""

from pagekeep.crawl.inputs.item import Found, Item


def read(text: str) -> Found:
    """Return every line as a link; whether it is a URL is for others to say."""
    lines = (line.strip() for line in text.split("\n"))
    return Found([Item(line) for line in lines if line and not line.startswith("#")])
