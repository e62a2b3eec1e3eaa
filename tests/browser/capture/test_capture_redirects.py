"""The way from the URL asked for to the final one."""

import pytest

from pagekeep.capture.recording.navigation import MAX_HOPS


def _steps(visit):
    return visit.json("redirects", "redirects.json")["steps"]


def test_http_redirects_are_told_each_with_status_and_location(captured, site):
    visit = captured("/redirect/first")
    way = [(step["kind"], step["status"], step["url"], step["location"], step["to"]) for step in _steps(visit)]
    assert way == [
        ("http", 301, site.url("/redirect/first"), "/redirect/second", site.url("/redirect/second")),
        ("http", 302, site.url("/redirect/second"), "/redirect/third", site.url("/redirect/third")),
        ("http", 307, site.url("/redirect/third"), "/article", site.url("/article")),
    ]
    times = [step["time"] for step in _steps(visit)]
    assert times == sorted(times)
    assert visit.result("redirects").summary == "3 × http"
    kept = visit.json("redirects", "redirects.json")
    assert (kept["url"], kept["final_url"]) == (visit.url, site.url("/article"))


@pytest.mark.parametrize(
    ("path", "kind", "to"),
    [
        ("/refresh", "meta-refresh", "/article?refreshed=1"),
        ("/refresh_header", "header-refresh", "/article?by=header"),
        ("/leads_on/script_near", "script", "/plain?by=script"),
        ("/leads_on/form", "form", "/plain?by=form"),
        ("/routed", "route", "/routed/inside?view=2"),
        ("/leads_on/fragment", "fragment", "/leads_on/fragment#part"),
    ],
)
def test_way_of_the_pages_own_is_told_with_its_kind(captured, site, path, kind, to):
    (step,) = _steps(captured(path))
    assert (step["kind"], step["url"], step["to"]) == (kind, site.url(path), site.url(to))
    assert captured(path).outcome.final_url == site.url(to)


def test_ways_of_page_and_server_are_told_in_their_order(captured, site):
    steps = _steps(captured("/leads_on/around"))
    assert [step["kind"] for step in steps] == ["script", "http", "http", "http"]
    assert (steps[0]["to"], steps[-1]["to"]) == (site.url("/redirect/first?around"), site.url("/article"))


def test_way_the_browser_did_not_go_is_not_told(captured, site):
    (step,) = _steps(captured("/leaving"))
    assert (step["kind"], step["to"]) == ("script", site.url("/article?left=1"))


def test_page_reached_directly_has_no_result(captured):
    result = captured("/article").result("redirects")
    assert (result.status.value, result.summary) == ("noresults", "The page was reached directly.")


def test_way_into_a_circle_is_told_although_there_is_no_page(captured, site):
    visit = captured("/to/loop")
    assert not visit.outcome.succeeded
    assert {(step["status"], step["to"]) for step in _steps(visit)} == {(302, site.url("/to/loop"))}


def test_way_to_where_nobody_may_go_is_told(captured):
    visit = captured("/leads_on/refresh")
    assert not visit.outcome.succeeded
    (step,) = _steps(visit)
    assert (step["kind"], step["to"]) == ("meta-refresh", "http://169.254.169.254/")


def test_page_that_never_stops_changing_its_address_is_told_in_bounds(captured, site):
    kept = captured("/many_routes").json("redirects", "redirects.json")
    assert len(kept["steps"]) == MAX_HOPS
    assert kept["steps"][0]["to"] == site.url("/many_routes?0")
    assert kept["left_out"] > 0
