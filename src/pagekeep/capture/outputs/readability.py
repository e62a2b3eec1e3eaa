"""The article of the page as HTML, text and JSON, found by Mozilla's Readability; else what the page's body holds."""

import html

from pagekeep.capture.formats.article import SOURCES
from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``content.html``, ``content.txt`` and ``article.json`` (who, when, what it was made of)."""
    article = await visit.find_article()
    if article is None:
        raise NoResult("The page has no text.")
    name = article.about.get("title") or visit.title
    title, language = html.escape(name), html.escape(article.about.get("language") or "")
    page = (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n'
    )
    about = article.about | {"title": name or None, "source": article.source, "url": visit.final_url}
    keep("content.html", (page + article.html).encode("utf-8", "replace"), "text/html; charset=utf-8")
    keep("content.txt", article.text.encode("utf-8", "replace") + b"\n", "text/plain; charset=utf-8")
    keep("article.json", as_json(about), "application/json")
    note = SOURCES[article.source]
    return f"{name or 'content.html'}" + (f" ({note})" if note else "")
