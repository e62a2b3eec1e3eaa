import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.cookies import HEADER, LONGEST, Cookie, cookie_of, parse_cookies, write_cookies
from pagekeep.domain.errors import BadInput

EXPORTED = HEADER + (
    "# https://curl.se/docs/http-cookies.html\r\n"
    "\r\n"
    ".Example.com\tTRUE\t/\tTRUE\t1893456000\tsid\ts3cret=with=equals\r\n"
    "#HttpOnly_example.org\tFALSE\t/deep\tFALSE\t0\tplain\t\r\n"
    "[::1]\tFALSE\t/\tfalse\t1893456000.75\t\tno name\n"
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters=";="), max_size=40)
HOSTS = st.lists(
    st.text(string.ascii_lowercase + string.digits + "-_", min_size=1, max_size=10), min_size=1, max_size=4
)


def test_an_exported_file_is_read() -> None:
    assert parse_cookies(EXPORTED) == (
        Cookie("sid", "s3cret=with=equals", "example.com", host_only=False, secure=True, expires=1893456000),
        Cookie("plain", "", "example.org", path="/deep", http_only=True),
        Cookie("", "no name", "[::1]", expires=1893456000),
    )


def test_a_tool_that_cuts_an_empty_value_off_is_understood() -> None:
    assert parse_cookies("a.example\tFALSE\t/\tFALSE\t0\tname") == (Cookie("name", "", "a.example"),)


def test_of_the_same_cookie_the_last_counts() -> None:
    lines = [f"a.example\tFALSE\t/\tFALSE\t0\tname\t{value}\n" for value in ("old", "new")]
    assert [cookie.value for cookie in parse_cookies("".join(lines))] == ["new"]


@pytest.mark.parametrize(
    "line",
    [
        "s3cret",
        "a.example\tFALSE\t/\tFALSE\t0\tname\ts3cret\tmore",
        "a.example\tmaybe\t/\tFALSE\t0\tname\ts3cret",
        "a.example\tFALSE\t/\tFALSE\tsoon\tname\ts3cret",
        "a.example\tFALSE\tno path\tFALSE\t0\tname\ts3cret",
        "a.example/x\tFALSE\t/\tFALSE\t0\tname\ts3cret",
        "\tFALSE\t/\tFALSE\t0\tname\ts3cret",
        "a.example\tFALSE\t/\tFALSE\t0\tname\ts3cret;x",
        "a.example\tFALSE\t/\tFALSE\t0\tname\ts3cret\x07",
        "a.example\tFALSE\t/\tFALSE\t0\ta=b\ts3cret",
        "a.example\tFALSE\t/\tFALSE\t0\t\t",
        "a.example\tFALSE\t/\tFALSE\t0\tname\t" + "s3cret" * LONGEST,
    ],
)
def test_what_is_no_cookie_is_named_by_its_line_and_not_repeated(line: str) -> None:
    with pytest.raises(BadInput, match=r"^Line 2 of the cookies") as refused:
        parse_cookies(f"# comment\n{line}\n")
    assert "s3cret" not in str(refused.value)


def test_values_are_in_no_repr() -> None:
    assert "s3cret" not in repr(parse_cookies(EXPORTED))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_cookies(text)
    except BadInput:
        return


@given(
    st.lists(
        st.builds(
            Cookie,
            name=WORDS.filter(bool),
            value=WORDS,
            domain=HOSTS.map(".".join),
            host_only=st.booleans(),
            path=WORDS.map(lambda word: f"/{word}"),
            secure=st.booleans(),
            http_only=st.booleans(),
            expires=st.integers(0, 2**40),
        ),
        unique_by=lambda cookie: (cookie.domain, cookie.path, cookie.name),
        max_size=5,
    )
)
def test_what_is_written_is_read_again(cookies: list[Cookie]) -> None:
    assert list(parse_cookies(write_cookies(cookies))) == cookies


@pytest.mark.parametrize(
    ("item", "cookie"),
    [
        (
            {"name": "a", "value": "b", "domain": ".x.example", "path": "/", "expires": -1, "sameSite": "Lax"},
            Cookie("a", "b", "x.example", host_only=False, same_site="Lax"),
        ),
        (
            {"name": "a", "value": "b", "domain": "x.example", "path": "/", "expirationDate": 1893456000.5}
            | {"hostOnly": True, "secure": True, "httpOnly": True, "sameSite": "no_restriction"},
            Cookie("a", "b", "x.example", secure=True, http_only=True, expires=1893456000, same_site="None"),
        ),
    ],
)
def test_objects_of_browsers_and_extensions_are_read(item: dict[str, object], cookie: Cookie) -> None:
    assert cookie_of(item, "It") == cookie


@pytest.mark.parametrize(
    "item",
    [{}, {"name": 1, "domain": "x"}, {"name": "a", "domain": ["x"]}, {"name": "a", "domain": "x", "path": "x"}]
    + [{"name": "a", "domain": "x", "path": "/", "expires": value} for value in ("soon", [1], True, 1e300)],
)
def test_other_objects_are_refused(item: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"^It "):
        cookie_of(item, "It")
