"""Markdown (CommonMark 0.31): links, reference links, autolinks, bare URLs and those of HTML in it; no pictures, and
nothing in code.

Read by markdown-it-py, which bears hostile nesting.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pagekeep.crawl.inputs.item import Found, Item, make_item
from pagekeep.crawl.inputs.markup import tags
from pagekeep.crawl.inputs.source import Source

MAX_LENGTH = 1_000_000
"""Characters; the longest lists of links that people write have half of it."""
_SIGN = re.compile(r"\]\(\s*<?https?://|^ {0,3}\[[^\]\n]{1,999}\]:\s*<?https?://|<https?://[^\s<>]+>", re.I | re.M)
_BARE = re.compile(r"(?<![\w/])https?://[^\s<>\"`]+", re.IGNORECASE)
_AFTER_URL = ".,:;!?'*_~"
_WEB = re.compile(r"https?:", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|#|//")


def is_one(source: Source) -> bool:
    """Whether a text has links in the way of Markdown."""
    return _SIGN.search(source.text) is not None


def read(source: Source) -> Found:
    """Return the links, whose words are captions; each URL once. Relative ones are told, they lead nowhere."""
    found, known = Found(), set[str]()
    if len(source.text) > MAX_LENGTH:
        found.cut(source.text, "Markdown", f"it has more than {MAX_LENGTH} characters")
        return found
    for item in _links(source):
        if item.url in known:
            continue
        known.add(item.url)
        if _WEB.match(item.url):
            found.put(item)
        elif not _SCHEME.match(item.url):
            found.refuse(item.url, "This link is relative; only whole URLs can be archived.", item.place)
    if not found.items and not found.refused:
        found.cut(source.text, "Markdown", "it holds no link")
    return found


def _links(source: Source) -> Iterator[Item]:
    parser = MarkdownIt("commonmark")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # which URLs are taken is for others to say
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # a URL is kept as it was written
    for block in parser.parse(source.text):
        first = (block.map or [0])[0] + 1
        if block.type == "inline":
            yield from _inline(block.children or [], source, first)
        elif block.type == "html_block":
            yield from _html(block.content, source.line_of(first))


def _inline(tokens: list[Token], source: Source, line: int) -> Iterator[Item]:
    url, words = "", list[str]()
    for token in tokens:
        place = source.line_of(line)
        if token.type == "link_open":
            url, words = str(token.attrs.get("href", "")), []
        elif token.type == "link_close":
            yield make_item(url, "".join(words), place=place, is_caption=True)
            url = ""
        elif token.type in ("softbreak", "hardbreak"):
            line += 1
            words.append(" ")
        elif token.type == "html_inline":
            yield from _html(token.content, place)
        elif token.type == "text" and not url:
            yield from (make_item(bare, place=place) for bare in _bare(token.content))
        else:
            words.append(token.content)


def _html(text: str, place: str) -> Iterator[Item]:
    for tag in tags(text):
        if tag.name == "a" and (href := tag.attributes().get("href", "").strip()):
            yield make_item(href, place=place)


def _bare(text: str) -> Iterator[str]:
    """Yield URLs that stand in text as they are, without the marks of the sentence (GitHub's Markdown, 6.9)."""
    for found in _BARE.finditer(text):
        url = found[0].rstrip(_AFTER_URL)
        beyond = url.count(")") - url.count("(")
        while beyond > 0 and url.endswith(")"):
            closing = len(url) - len(url.rstrip(")"))
            url = url[: -min(closing, beyond)].rstrip(_AFTER_URL)
            beyond -= closing
        yield url
