"""Pages that lead on to where the browser may not or cannot go, or that wait for a part that never comes."""

import dataclasses

import pytest

from pagekeep.capture.values import Limits

SHORT = Limits(open=3.0, settle=2.0, scroll=2.0, output=10.0)
PLUGINS = ("title", "headers", "screenshot", "dom", "htmltotext", "warc", "hashes")


@pytest.mark.parametrize("path", ["/leads_on/script", "/leads_on/refresh"])
def test_page_that_leads_on_to_a_refused_address_fails_with_the_reason(capture, path):
    visit = capture(path, plugins=PLUGINS, limits=SHORT)
    assert not visit.outcome.succeeded
    assert "leads on to http://169.254.169.254/" in visit.outcome.reason
    assert "metadata" in visit.outcome.reason
    statuses = visit.statuses()
    assert {statuses[name] for name in ("title", "screenshot", "dom", "htmltotext")} == {"skipped"}
    assert statuses["warc"] == "succeeded"


@pytest.mark.parametrize("path", ["/leads_on/hanging_script", "/leads_on/hanging_style"])
def test_page_whose_blocking_part_hangs_is_kept_as_far_as_it_came(capture, path):
    visit = capture(path, plugins=PLUGINS, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.outcome.response_status == 200
    assert visit.statuses()["screenshot"] == "succeeded"
    assert "Real content" in visit.text("htmltotext", "htmltotext.txt")


def test_page_that_goes_on_while_outputs_are_made_stays_one_document(capture):
    visit = capture("/leads_on/late", limits=dataclasses.replace(SHORT, output=20.0))
    assert visit.outcome.succeeded, visit.outcome.reason
    for plugin, file in (("dom", "output.html"), ("singlefile", "singlefile.html")):
        assert "The first page" in visit.text(plugin, file), plugin
        assert "The second page" not in visit.text(plugin, file), plugin


def test_response_cut_off_by_the_limit_still_has_its_headers(capture):
    visit = capture("/drip", plugins=("headers", "warc"), limits=SHORT)
    assert not visit.outcome.succeeded
    assert visit.outcome.response_status == 200
    assert visit.statuses() == {"headers": "succeeded", "warc": "succeeded"}


def test_half_a_surrogate_pair_in_a_page_is_kept_as_a_replacement(capture):
    visit = capture("/leads_on/surrogate", plugins=("title", "dom", "htmltotext", "readability", "singlefile"))
    assert set(visit.statuses().values()) == {"succeeded"}
    assert "before \ufffd after" in visit.text("htmltotext", "htmltotext.txt")


def test_absurd_content_length_costs_nobody_anything(capture):
    visit = capture("/long-length", plugins=PLUGINS, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
