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
    failed = [plugin for plugin, status in all_of_them.statuses().items() if status == "failed"]
    assert failed == (["media"] if path == "/article" else []), all_of_them.outcome.results  # its video is missing
    asked = sorted((seen.method, seen.port, seen.path) for seen in all_of_them.requests)
    assert asked == sorted((seen.method, seen.port, seen.path) for seen in few.requests)
    assert len(asked) == len(set(asked))
