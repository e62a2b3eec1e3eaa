"""The page as MHTML, made only where it is asked for."""

import email
import email.policy

import pytest

from pagekeep.domain.plugins import DEFAULT_PLUGINS, PLUGINS


@pytest.mark.parametrize("path", ["/article", "/pictures", "/frames", "/lazy"])
def test_mhtml_asks_the_origin_for_nothing(capture, captured, path):
    visit = capture(path, plugins=(*DEFAULT_PLUGINS, "mhtml"))
    assert visit.statuses()["mhtml"] == "succeeded", visit.result("mhtml").summary
    asked = [(seen.method, seen.port, seen.path) for seen in visit.requests]
    assert len(asked) == len(set(asked)), sorted(asked)
    alone = capture(path, plugins=("mhtml",))
    without = capture(path, plugins=("title",))
    assert sorted(seen.path for seen in alone.requests) == sorted(seen.path for seen in without.requests)


def test_mhtml_holds_page_frames_and_pictures(capture, site):
    visit = capture("/frames", plugins=("mhtml",))
    message = email.message_from_bytes(visit.path("mhtml", "page.mhtml").read_bytes(), policy=email.policy.default)
    parts = {part["Content-Location"]: part.get_content() for part in message.iter_parts()}
    assert "The outer text" in parts[visit.url]
    assert any("the far frame" in text for text in parts.values() if isinstance(text, str))
    pictures = capture("/article", plugins=("mhtml",))
    message = email.message_from_bytes(pictures.path("mhtml", "page.mhtml").read_bytes(), policy=email.policy.default)
    assert "image/png" in {part.get_content_type() for part in message.iter_parts()}


def test_mhtml_is_not_made_unasked():
    assert "mhtml" in PLUGINS
    assert "mhtml" not in DEFAULT_PLUGINS
