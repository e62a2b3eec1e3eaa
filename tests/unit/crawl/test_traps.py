import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.traps import MAX_SEGMENTS, family_of, refuse_traps

HOST = "https://example.com"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        (f"{HOST}/{'x' * 2000}", "too_long"),
        (f"{HOST}{'/'.join(['', *map(str, range(21))])}", "too_deep"),
        (f"{HOST}/a/b/a/b/a/b", "repeating_path"),
        (f"{HOST}/x/a/a/a/y", "repeating_path"),
        (f"{HOST}/a/%61//a/./y", "repeating_path"),
    ],
)
def test_traps_have_a_rule_and_a_reason(url: str, rule: str) -> None:
    found = refuse_traps(url)
    assert found is not None
    assert found.rule == rule
    assert found.reason.endswith(".")


@pytest.mark.parametrize(
    "path",
    ["/", "/a/b/a/b/a", "/a/a/b", "/11/11/11/11", "/2011/11/11/11.html", f"/{'/'.join(map(str, range(MAX_SEGMENTS)))}"],
)
def test_ordinary_paths_are_none(path: str) -> None:
    assert refuse_traps(HOST + path) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/list?page=1", "/list?page=2&order=up"),
        ("/cal/2026/11/25", "/cal/2027/01/01"),
        ("/cal/2026-11", "/cal/1999-12"),
        ("/cal/2026/w48/", "/cal/2027/w01/"),
        ("/s/3f9a0c5577b1e2d4/page", "/s/ffffffffffffff11/page"),
        ("/x-3f9a0c5577b1e2d4.html", "/x-0f9a0c5577b1e2d5.html"),
    ],
)
def test_variations_of_one_path_are_known_as_such(one: str, other: str) -> None:
    assert family_of(HOST + one) == family_of(HOST + other) != ""
    assert family_of(HOST + one) != family_of("https://example.org" + other)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about",
        "/item/12345",
        "/2026/11/25/a-walk",
        "/deadbeef",
        "/12345678901234567890",
        "/internationalisations",
    ],
)
def test_pages_with_a_path_of_their_own_are_no_variations(path: str) -> None:
    assert family_of(HOST + path) == ""


@given(st.text() | st.text("/ab1.-=", max_size=60).map(lambda path: f"{HOST}/{path}"))
def test_nothing_makes_it_fail(url: str) -> None:
    refuse_traps(url)
    assert len(family_of(url)) in (0, 32)
