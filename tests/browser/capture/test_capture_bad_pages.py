"""Pages with bad parts: what they cost the outputs. How whole visits end is in test_capture_hostile.py."""

import dataclasses
import time

import pytest

from pagekeep.capture.values import Limits

# Small enough that what never ends costs seconds, large enough for a busy machine.
SHORT = Limits(open=4.0, settle=1.5, scroll=2.0, output=15.0)
LIGHT = ("title", "headers", "htmltotext", "warc")


@pytest.fixture(autouse=True)
def unharmed(capture):
    """After the test, the next page is captured as if nothing had been."""
    yield
    visit = capture("/plain", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.text("htmltotext", "htmltotext.txt") == "A plain page.\n"
    assert len(visit.requests) == 1


@pytest.mark.parametrize("path", ["/waiting", "/broken_parts", "/ticking", "/growing", "/popups", "/overlays"])
def test_bad_part_does_not_stop_the_page(capture, path):
    started = time.monotonic()
    visit = capture(path, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert {name: why for name, why in visit.lacking().items() if visit.statuses()[name] != "noresults"} == {}
    assert time.monotonic() - started < 25


def test_what_a_document_that_has_gone_asked_for_is_not_waited_for(capture):
    visit = capture("/leads_on/unfinished", plugins=LIGHT, limits=dataclasses.replace(SHORT, settle=30.0))
    assert visit.outcome.title == "Plain"
    assert "/hang/data" in [request.path for request in visit.requests]
    assert visit.outcome.step_seconds["settle"] < 20


def test_page_that_goes_on_while_outputs_are_made_stays_one_document(capture):
    visit = capture("/leads_on/late", limits=dataclasses.replace(SHORT, output=20.0))
    assert visit.outcome.succeeded, visit.outcome.reason
    for plugin, file in (("dom", "output.html"), ("singlefile", "singlefile.html")):
        assert "The first page" in visit.text(plugin, file), plugin
        assert "The second page" not in visit.text(plugin, file), plugin


def test_half_a_surrogate_pair_in_a_page_is_kept_as_a_replacement(capture):
    visit = capture("/leads_on/surrogate", plugins=("title", "dom", "htmltotext", "readability", "singlefile"))
    assert set(visit.statuses().values()) == {"succeeded"}
    assert "before \ufffd after" in visit.text("htmltotext", "htmltotext.txt")


def test_answer_larger_than_the_limit_is_left_out_and_counted(capture):
    limits = dataclasses.replace(SHORT, body=2_000)
    visit = capture("/requests", plugins=("title", "warc"), limits=limits)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert "larger than the limit" in visit.result("warc").summary


def test_output_larger_than_the_limit_fails_alone(capture):
    limits = dataclasses.replace(SHORT, file=20_000)
    visit = capture("/article", plugins=("title", "dom", "screenshot", "hashes"), limits=limits)
    assert visit.outcome.succeeded
    assert visit.statuses() == {"title": "succeeded", "screenshot": "failed", "dom": "succeeded", "hashes": "succeeded"}
    assert "20000" in visit.result("screenshot").summary


def test_what_a_left_document_waited_for_is_not_waited_for(capture):
    visit = capture(
        "/leads_on/still_waiting", plugins=("title", "redirects"), limits=dataclasses.replace(SHORT, settle=9.0)
    )
    assert visit.outcome.title == "Plain"
    assert visit.outcome.step_seconds["settle"] < 6
