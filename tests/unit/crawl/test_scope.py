import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.identity import identity_of
from pagekeep.crawl.refusal import Refusal
from pagekeep.crawl.scope import Scope, at_most, next_pages, scope_of
from pagekeep.domain.errors import BadInput
from pagekeep.domain.tracking import TRACKING_PARAMETERS

A, B = "https://example.com/a", "https://example.org/b"


def test_patterns_allow_and_deny() -> None:
    scope = scope_of({"URL_ALLOWLIST": r"example\.(com|org)", "URL_DENYLIST": ["/B$", " "]})
    choice = scope.choose([A, B, "https://other.net/", "mailto:me@example.com", A])
    assert choice.taken == (A,)
    assert [(refusal.url, refusal.rule) for refusal in choice.refused] == [
        (B, "denied"),
        ("https://other.net/", "not_allowed"),
        ("mailto:me@example.com", "not_a_url"),
    ]
    assert all(refusal.reason.endswith(".") for refusal in choice.refused)
    assert Scope().choose([A, B]).taken == (A, B)


def test_several_patterns_are_written_a_line_each() -> None:
    scope = scope_of({"URL_ALLOWLIST": "example\\.com\n\nexample\\.org{1,2}/"})
    assert scope.choose([A, B, "https://other.net/"]).taken == (A, B)


@pytest.mark.parametrize("value", ["(", "(?=x)", r"(a)\1", 7, {"a": 1}, [1], ["x"] * 1001, "x" * 5000])
def test_bad_patterns_are_refused_by_the_name_of_their_key(value: object) -> None:
    with pytest.raises(BadInput, match="URL_DENYLIST"):
        scope_of({"URL_DENYLIST": value})


@pytest.mark.parametrize("nothing", [None, "", [], "\n"])
def test_no_patterns_allow_all(nothing: object) -> None:
    assert scope_of({"URL_ALLOWLIST": nothing}).choose([A]).taken == (A,)


def test_no_pattern_hangs() -> None:
    scope = scope_of({"URL_DENYLIST": [r"(a+)+$", r"(x*)*y", r"(.*)*z"]})
    began = time.process_time()
    scope.choose([f"https://example.com/{'a' * 10_000}!"])
    assert time.process_time() - began < 5


def test_as_many_as_there_is_room() -> None:
    assert at_most(0, [A, B]).refused == ()
    choice = at_most(3, [A, B], already=2)
    assert (choice.taken, [refusal.rule for refusal in choice.refused]) == ((A,), ["max_urls"])
    assert at_most(1, [A], already=5).taken == ()


def test_links_lead_to_each_page_once() -> None:
    links = [
        f"{A}#one",
        A,
        f"{B}?utm_source=x",
        "https://example.com",
        "https://example.com/",
        "https://known.example/#top",
    ]
    found = next_pages(links, TRACKING_PARAMETERS, {identity_of("https://known.example")})
    assert list(found.values()) == [A, B, "https://example.com"]
    assert list(found) == [identity_of(url) for url in found.values()]


def test_judges_are_asked_in_their_order() -> None:
    choice = scope_of({"URL_DENYLIST": "/c$"}).choose(
        [A, B, "https://example.com/c"],
        lambda url: Refusal(url, "first", "No.") if url == A else None,
        lambda url: Refusal(url, "second", "No."),
    )
    assert [refusal.rule for refusal in choice.refused] == ["first", "second", "denied"]


@given(st.lists(st.text() | st.sampled_from([A, B, f"{A}#x", "https://example.com:80000/"])))
def test_every_link_is_taken_refused_or_another_spelling(links: list[str]) -> None:
    near = list(next_pages(links, TRACKING_PARAMETERS).values())
    choice = Scope().choose(near)
    assert len(set(near)) == len(near)
    assert len(choice.taken) + len(choice.refused) == len(near)
    assert {url.strip() for url in near} == {*choice.taken, *(refusal.url.strip() for refusal in choice.refused)}
