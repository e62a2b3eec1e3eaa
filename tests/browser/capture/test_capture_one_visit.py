"""With every output on, the origin sees one visit."""

import pytest

from pagekeep.domain.plugins import PLUGINS

PAGES = ["/article", "/pictures", "/frames", "/requests", "/workers", "/lazy", "/talking", "/accessible", "/marked"]
# The icon, and what SingleFile looks for that the page named but did not load, are asked for once.
ASKING = ("favicon", "singlefile")


@pytest.mark.parametrize("path", PAGES)
def test_other_outputs_add_no_request(capture, path):
    few = capture(path, plugins=ASKING)
    all_of_them = capture(path, plugins=tuple(PLUGINS))
    assert all_of_them.lacking() == {}
    asked = sorted((seen.method, seen.port, seen.path) for seen in all_of_them.requests)
    assert asked == sorted((seen.method, seen.port, seen.path) for seen in few.requests)
    assert len(asked) == len(set(asked))


def test_popups_ask_the_site_for_nothing(capture):
    visit = capture("/popups", plugins=("title",))
    assert [seen.path for seen in visit.requests if "popup?" in seen.path] == []


def test_links_are_told_long_before_the_visit_ends(captured):
    visit = captured("/article")
    assert visit.watcher.linked_at == 2
    assert [result.plugin for result in visit.watcher.results][:2] == ["title", "outlinks"]


def test_links_of_an_error_page_are_not_told(capture):
    visit = capture("/status/404", plugins=("title", "outlinks"))
    assert visit.statuses()["outlinks"] == "succeeded"
    assert visit.watcher.linked_at is None
