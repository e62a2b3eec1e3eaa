"""What there is to read on the page as Markdown (CommonMark, with tables as GitHub writes them)."""

import asyncio
import html

from html_to_markdown import ConversionOptions, PreprocessingOptions, convert

from pagekeep.capture.formats.article import SOURCES, Article
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = True
# Beyond this the converter takes seconds (characters of HTML).
LONGEST_HTML = 4_000_000
# What is nested deeper than the converter reads is lost to it: then the plain text is kept.
LEAST_SHARE = 0.5
OPTIONS = ConversionOptions(
    escape_misc=True,
    escape_asterisks=True,
    escape_underscores=True,
    extract_metadata=False,
    highlight_style="none",
    inline_data_media="alt_text_only",
    # What is left of navigation and forms is all that some pages have.
    preprocessing=PreprocessingOptions(enabled=False),
    strip_tags=["iframe", "video", "audio"],
)


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``content.md``: title and address, then the article, or the whole body where there is none."""
    article = await visit.find_article()
    if article is None:
        raise NoResult("The page has no text.")
    url = html.escape(visit.final_url)
    title = html.escape(article.about.get("title") or visit.title or visit.final_url)
    head = f'<h1>{title}</h1><p>Source: <a href="{url}">{url}</a></p>'
    text = await asyncio.to_thread(_convert, head, article)
    # Not text/markdown, which some browsers only save.
    keep("content.md", text.encode("utf-8", "replace") + b"\n", "text/plain; charset=utf-8")
    note = SOURCES[article.source]
    return f"{len(text.split())} words" + (f" ({note})" if note else "")


def _convert(head: str, article: Article) -> str:
    text = _markdown(article.html) if len(article.html) <= LONGEST_HTML else ""
    if len(text) < LEAST_SHARE * len(" ".join(article.text.split())):
        lines = (line.strip() for line in article.text.splitlines())
        text = _markdown("".join(f"<p>{html.escape(line)}</p>" for line in lines if line))
    return f"{_markdown(head)}\n\n{text}"


def _markdown(source: str) -> str:
    clean = source.encode("utf-8", "replace").decode()
    return (convert(clean, OPTIONS).content or "").strip()
