"""The article of the page as HTML, text and JSON, found by Mozilla's Readability."""

import html

from pagekeep.capture.page import as_json, script
from pagekeep.capture.page_scripts import readability_source
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``content.html``, ``content.txt`` and ``article.json`` (title, author, date, language)."""
    await visit.page.inject(readability_source(visit.page_scripts))
    article = await visit.page.run(script("readability.js"))
    if article is None or not article["text"].strip():
        raise NoResult("The page has no article.")
    content, text = article.pop("html"), article.pop("text").strip() + "\n"
    title = html.escape(article["title"] or visit.title)
    language = html.escape(article["language"] or "")
    page = (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{title}</title>\n<h1>{title}</h1>\n'
    )
    await keep("content.html", (page + content).encode("utf-8", "replace"), "text/html; charset=utf-8")
    await keep("content.txt", text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
    await keep("article.json", as_json(article | {"url": visit.final_url}), "application/json")
    return str(article["title"] or "content.html")
