from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.identity import canonical_url, identity_of, page_url, split
from pagekeep.domain.tracking import TRACKING_PARAMETERS

PAGE = "https://example.com/a/b"
TOKEN = "3f9a0c5577b1e2d4"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/", "https://example.com/"),
        ("http://example.com.:80/", "http://example.com"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%c3%BC"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[::0001]:80/", "http://[::1]/"),
        (f"{PAGE}#part", PAGE),
        (f"{PAGE}#/", PAGE),
        (f"{PAGE}?", PAGE),
        (f"{PAGE}?utm_source=x&UTM_Medium=y&gclid=1", PAGE),
        (f"{PAGE}?a=1&fbclid=2&b=3", f"{PAGE}?a=1&b=3"),
        ("https://example.com/%7euser/%61", "https://example.com/~user/a"),
        ("https://example.com/x/../a/./b", PAGE),
        ("https://example.com\\a\\b", PAGE),
        ("https://example.com/x/..", "https://example.com/"),
        (f"{PAGE};jsessionid=ABC.node1?x=1", f"{PAGE}?x=1"),
        (f"{PAGE}?PHPSESSID=1&x=1", f"{PAGE}?x=1"),
        (f"{PAGE}?sid={TOKEN}", PAGE),
        (f"https://example.com/(S({TOKEN}))/a/b", PAGE),
        ("https://example.com/a b|c", "https://example.com/a%20b%7Cc"),
        ("https://example.com/100%", "https://example.com/100%25"),
    ],
)
def test_the_same_page(one: str, other: str) -> None:
    assert canonical_url(one) == canonical_url(other)
    assert identity_of(one) == identity_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.com/", "https://example.com/"),
        ("https://www.example.com/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com/"),
        ("https://me@example.com/", "https://example.com/"),
        (PAGE, f"{PAGE}/"),
        (PAGE, "https://example.com/A/b"),
        (f"{PAGE}?a=1&b=2", f"{PAGE}?b=2&a=1"),
        (f"{PAGE}?a=+", f"{PAGE}?a=%2B"),
        ("https://example.com/a%2Fb", PAGE),
        (f"{PAGE}#!inbox", PAGE),
        (f"{PAGE}#/inbox", f"{PAGE}#/sent"),
        (f"{PAGE}?sid=12/11/24/1", f"{PAGE}?sid=12/11/24/2"),
        (f"{PAGE}?session=evening", PAGE),
        (f"{PAGE}?utm=1", PAGE),
        (f"https://example.com/commit/{TOKEN}", "https://example.com/commit/"),
        ("https://example.com//a", "https://example.com/a"),
    ],
)
def test_another_page(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)
    assert identity_of(one) != identity_of(other)


def test_which_parameters_follow_people_is_for_the_caller_to_say() -> None:
    assert canonical_url(f"{PAGE}?utm_id=1&ref=2", ()) == f"{PAGE}?utm_id=1&ref=2"
    assert canonical_url(f"{PAGE}?utm_id=1&ref=2", ("ref",)) == f"{PAGE}?utm_id=1"


@pytest.mark.parametrize(
    ("link", "opened"),
    [
        (f" {PAGE}#part", PAGE),
        (f"{PAGE}#/inbox", f"{PAGE}#/inbox"),
        (f"{PAGE}?b=%7e&utm_source=x&a", f"{PAGE}?b=%7e&a"),
        (f"{PAGE}?utm_source=x", PAGE),
        (f"{PAGE}?", f"{PAGE}?"),
        (f"{PAGE};jsessionid=1", f"{PAGE};jsessionid=1"),
        ("mailto:me@example.com", "mailto:me@example.com"),
    ],
)
def test_what_is_opened_is_what_the_link_says(link: str, opened: str) -> None:
    assert page_url(link) == opened


_pieces = st.sampled_from(
    [
        *"/?&=#%;:@.!\\() aZ0ü|",
        "..",
        "%41",
        "%2f",
        "%zz",
        "utm_x=1",
        "gclid",
        ";jsessionid=1",
        f"sid={TOKEN}",
        f"(S({TOKEN}))",
        "https://",
        "example.com",
        ":443",
        "[::1]",
        "\ud800",
    ]
)
_urls = st.text() | st.lists(_pieces, max_size=20).map(lambda parts: "https://example.com/" + "".join(parts))


@given(_urls | st.lists(_pieces, max_size=8).map("".join))
def test_the_one_spelling_is_its_own(url: str) -> None:
    assert canonical_url(canonical_url(url)) == canonical_url(url)


@given(_urls)
def test_what_is_opened_is_the_same_page(url: str) -> None:
    if split(url):
        assert identity_of(page_url(url)) == identity_of(url)
    assert page_url(page_url(url)) == page_url(url)


_words = st.text("abcXYZ019-._~", min_size=1, max_size=8).filter(lambda word: word not in (".", ".."))


@given(st.lists(_words), st.dictionaries(_words, _words))
def test_what_is_in_order_already_stays(segments: list[str], parameters: dict[str, str]) -> None:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    url = f"https://example.com/{'/'.join(segments)}" + (f"?{query}" if query else "")
    assert canonical_url(url) == url


@given(st.lists(_words), st.lists(_words, min_size=1), st.sampled_from(TRACKING_PARAMETERS))
def test_a_tracking_parameter_makes_no_other_page_wherever_it_stands(
    segments: list[str], names: list[str], tracking: str
) -> None:
    url = f"https://example.com/{'/'.join(segments)}?"
    for place in range(len(names) + 1):
        with_it = [*names[:place], tracking.replace("*", "x") + "=1", *names[place:]]
        assert identity_of(url + "&".join(with_it)) == identity_of(url + "&".join(names))


@given(st.sampled_from(["http", "https"]), _words.map(str.lower), st.lists(_words))
def test_no_other_host_or_scheme_comes_of_it(scheme: str, host: str, segments: list[str]) -> None:
    parts = urlsplit(canonical_url(f"{scheme}://{host}.example/{'/'.join(segments)}"))
    assert (parts.scheme, parts.hostname) == (scheme, f"{host}.example")
