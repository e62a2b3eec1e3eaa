"""The article of a page; where there is none, what its body holds."""

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pagekeep.capture.page import Page, script
from pagekeep.capture.page_scripts import readability_source
from pagekeep.capture.page_text import text_of

# What the article was made of, and what a reader is told about it.
SOURCES = {
    "readability": "",
    "body": "no article found: the whole page",
    "text": "no article found: the text of the page and its frames",
}


@dataclass(frozen=True, slots=True)
class Article:
    """What there is to read on a page.

    Attributes:
        source: one of :data:`SOURCES`.
        about: title, author, date, language and more, where the page tells them.
        html: links absolute, and none that would run a script.
    """

    source: str
    about: dict[str, Any]
    html: str
    text: str


async def find_article(page: Page, page_scripts: Path | None) -> Article | None:
    """Return the article Readability finds, else the cleaned body, else the bare text; None where there is no text.

    Raises:
        CaptureError: the page does not let itself be read.
    """
    await page.inject(readability_source(page_scripts))
    found = await page.run(script("readability.js"))
    if found and found["text"].strip():
        return Article(found.pop("source"), found, found.pop("html"), found.pop("text").strip())
    about = {name: value for name, value in (found or {}).items() if name not in ("source", "html", "text")}
    text = await text_of(page)
    if not text:
        return None
    paragraphs = "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n") if part.strip())
    return Article("text", about, paragraphs, text)
