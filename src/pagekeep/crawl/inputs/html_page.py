"""An HTML page: where its links lead, ``<a href>`` and ``<area href>``, relative ones from ``<base href>`` on.

Links within the page, and those that lead to no page by their nature (javascript:, mailto:, tel:, …), are none of it.
"""

import re
from urllib.parse import urljoin

from pagekeep.crawl.inputs.item import MAX_RAW, Found, make_item
from pagekeep.crawl.inputs.markup import tags, words
from pagekeep.crawl.inputs.source import LineCounter, Source

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_WHOLE = ("html", "head", "body", "title", "meta")
_MARKDOWN = re.compile(r"\](?:\(|:\s)")
_LEFT_OUT = str.maketrans("", "", "\t\r\n")  # as browsers do (WHATWG URL, 4.4)


def is_one(source: Source) -> bool:
    """Whether a text is HTML. Markdown may begin with an element, too, but not with those of a whole page."""
    return source.root in _WHOLE or (source.root != "" and not _MARKDOWN.search(source.text))


def read(source: Source) -> Found:
    """Return the links of a page. Their words are captions, no titles."""
    found, lines, base = Found(), LineCounter(source), ""
    relative: list[tuple[str, str]] = []
    for tag in tags(source.text):
        if not tag.name:
            found.cut(source.text[tag.start : tag.start + MAX_RAW], "an HTML page", "it breaks off inside a tag")
        if tag.name not in ("a", "area", "base"):
            continue
        href = tag.attributes().get("href", "").translate(_LEFT_OUT).strip()
        if tag.name == "base":
            base = base or (href if _WEB.match(href) else "")
        elif href and not href.startswith("#"):
            url = _resolve(base, href)
            if _WEB.match(url):
                found.put(
                    make_item(url, words(tag) if tag.name == "a" else "", place=lines.at(tag.start), is_caption=True)
                )
            elif not _SCHEME.match(url):
                relative.append((href, lines.at(tag.start)))
    if relative:
        why = f"The page has no <base href>, and its links are relative from here on, {len(relative)} of them."
        found.refuse(relative[0][0], why, relative[0][1])
    if not found.items and not found.refused:
        found.cut(source.text, "HTML or XML", "it is neither a feed nor a list of bookmarks, and holds no link")
    return found


def _resolve(base: str, href: str) -> str:
    if href.startswith("//"):
        return f"{base.partition(':')[0] or 'https'}:{href}"
    try:
        return urljoin(base, href) if base else href
    except ValueError:  # refused with the reason once it is looked at as a URL
        return href
