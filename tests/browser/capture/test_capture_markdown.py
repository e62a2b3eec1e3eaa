"""What there is to read on a page, as article and as Markdown."""

import pytest
from markdown_it import MarkdownIt

ARTICLES = ["/article", "/marked"]
WITHOUT_ARTICLE = {"/only_links": "body", "/app": "body", "/shadow_only": "text", "/status/404": "body"}


def _tokens(text):
    return MarkdownIt("commonmark").enable("table").parse(text)


def _flat(text):
    return [inner for token in _tokens(text) for inner in [token, *(token.children or ())]]


def _links(text):
    return [token.attrs["href"] for token in _flat(text) if token.type == "link_open"]


@pytest.fixture(scope="module")
def marked(captured):
    return captured("/marked").text("markdown", "content.md")


def test_title_and_address_are_at_the_top(marked, captured, site):
    html = MarkdownIt("commonmark").render(marked)
    assert html.startswith(f'<h1>Marks *and* [signs]</h1>\n<p>Source: <a href="{site.url("/marked")}">')


def test_links_are_absolute_and_none_runs_a_script(marked, site):
    links = _links(marked)
    assert site.url("/deep/near?a=1&b=2") in links
    assert "https://far.example/" in links
    assert all(link.startswith("http") for link in links), links
    assert "script:" not in marked.lower()
    assert "data:" not in marked


def test_text_that_looks_like_markup_stays_text(marked):
    assert not [token for token in _flat(marked) if token.type in ("html_block", "html_inline")]
    text = "".join(token.content for token in _flat(marked) if token.type == "text")
    assert "<script>alert(1)</script> is text, so are *stars*, _lines_ and # signs" in text


def test_structure_of_the_article_is_kept(marked):
    flat = _flat(marked)
    kinds = {token.type for token in flat}
    assert {"bullet_list_open", "ordered_list_open", "table_open", "blockquote_open", "image", "strong_open"} <= kinds
    (code,) = [token for token in flat if token.type == "fence"]
    assert (code.info, code.content) == ("", "x = 1\n```\n")
    assert "code`tick" in [token.content for token in flat if token.type == "code_inline"]
    assert "a|b" in [token.content for token in flat if token.type == "inline"]


@pytest.mark.parametrize("path", ARTICLES)
def test_article_is_told_to_be_one(captured, path):
    visit = captured(path)
    assert visit.json("readability", "article.json")["source"] == "readability"
    assert "no article" not in visit.result("readability").summary


@pytest.mark.parametrize("path", list(WITHOUT_ARTICLE))
def test_page_without_an_article_is_kept_and_says_so(captured, path):
    visit = captured(path)
    kept = visit.json("readability", "article.json")
    # Readability takes some such pages for articles after all.
    assert kept["source"] in (WITHOUT_ARTICLE[path], "readability")
    assert ("no article found" in visit.result("readability").summary) == (kept["source"] != "readability")
    assert visit.statuses()["markdown"] == "succeeded"


def test_words_of_navigation_apps_and_shadow_trees_are_kept(captured, site):
    assert set(_links(captured("/only_links").text("markdown", "content.md"))) >= {
        site.url("/article"),
        site.url("/plain"),
    }
    for path, words in (("/app", "0 items"), ("/shadow_only", "Words in the shade"), ("/frames", "The outer text")):
        for plugin, name in (("markdown", "content.md"), ("readability", "content.txt")):
            assert words in captured(path).text(plugin, name), (path, plugin)


def test_content_of_a_page_without_an_article_holds_no_script(captured):
    content = captured("/app").text("readability", "content.html")
    assert "onclick" not in content
    assert "<script" not in content


@pytest.mark.parametrize("plugin", ["readability", "markdown"])
def test_empty_page_has_no_result(captured, plugin):
    result = captured("/empty").result(plugin)
    assert (result.status.value, result.summary) == ("noresults", "The page has no text.")


def test_text_that_is_nested_too_deep_is_kept(capture):
    visit = capture("/deep", plugins=("readability", "markdown"))
    assert visit.statuses() == {"readability": "succeeded", "markdown": "succeeded"}
    assert "The bottom of it all" in visit.text("markdown", "content.md")


def test_markdown_alone_is_the_same(capture, captured):
    alone = capture("/marked", plugins=("markdown",))
    assert alone.text("markdown", "content.md") == captured("/marked").text("markdown", "content.md")
