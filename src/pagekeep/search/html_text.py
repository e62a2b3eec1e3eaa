"""The words of an HTML document as it came from the server, for the index: quick, and linear in its length.

No parser that builds a tree: what is read is hostile, and only words are wanted.
"""

import html
import re

_UNREAD = ("script", "style", "noscript", "template", "svg")
_TAG_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9-]*)")
_INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s", "samp"),
    *("small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr"),
}
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{1,40})")


def text_of_html(source: str) -> str:
    """Return what a reader would see, about: a line for each block, entities resolved."""
    parts: list[str] = []
    position = 0
    while position < len(source):
        start = source.find("<", position)
        if start < 0:
            parts.append(source[position:])
            break
        parts.append(source[position:start])
        position = _after(source, start, parts)
    lines = html.unescape("".join(parts)).splitlines()
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def decode_html(body: bytes, content_type: str) -> str:
    """Return the characters of a document: its header's charset, else its own word for it, else UTF-8."""
    named = _CHARSET.search(content_type.encode(errors="replace")) or _CHARSET.search(body[:2048])
    try:
        return body.decode(named[1].decode() if named else "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _after(source: str, start: int, parts: list[str]) -> int:
    """Return where to go on after what begins with ``<`` at ``start``."""
    if source.startswith("<!--", start):
        return _end(source, "-->", start + 4)
    name = _TAG_NAME.match(source, start + 1)
    if name is None:
        if source[start + 1 : start + 2] in ("!", "?"):
            return _end(source, ">", start)
        parts.append("<")
        return start + 1
    word, end = name[1].lower(), _end(source, ">", start)
    if word not in _INLINE:
        parts.append("\n")
    if word in _UNREAD and source[start + 1] != "/":
        closing = re.compile(f"</{word}", re.IGNORECASE).search(source, end)
        return closing.start() if closing else len(source)
    return end


def _end(source: str, mark: str, start: int) -> int:
    found = source.find(mark, start)
    return found + len(mark) if found >= 0 else len(source)
