from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.cookies import Cookie
from pagekeep.domain.errors import BadInput
from pagekeep.domain.site_storage import SiteStorage, parse_auth

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cookies", "localStorage", "sessionStorage", "origins", "origin", "name", "https://a.example"]
            ),
            inner,
            max_size=3,
        )
    ),
)


def test_storage_by_kind_is_read() -> None:
    auth = {
        "TYPE": "auth",
        "localStorage": {"https://A.example:443": {"token": "s3cret"}, "http://b.example:8080/": {}},
        "sessionStorage": {"https://a.example": {"step": "2"}},
        "cookies": [{"name": "a", "value": "b", "domain": "a.example", "path": "/"}],
    }
    cookies, storage = parse_auth(auth)
    assert cookies == (Cookie("a", "b", "a.example"),)
    assert storage == (SiteStorage("https://a.example", {"token": "s3cret"}, {"step": "2"}),)
    assert "s3cret" not in repr(storage)


def test_a_storage_state_of_playwright_is_read() -> None:
    state: dict[str, Any] = {
        "origins": [{"origin": "http://a.example:8080", "localStorage": [{"name": "token", "value": "s3cret"}]}]
    }
    assert parse_auth(state)[1] == (SiteStorage("http://a.example:8080", {"token": "s3cret"}, {}),)


@pytest.mark.parametrize(
    "auth",
    [
        [],
        {"cookies": {"a": 1}},
        {"cookies": ["s3cret"]},
        {"cookies": [{"value": "s3cret"}]},
        {"localStorage": ["s3cret"]},
        {"localStorage": {"file:///": {}}},
        {"localStorage": {"https://a.example:99999": {}}},
        {"localStorage": {"https://a.example": "s3cret"}},
        {"localStorage": {"https://a.example": {"token": {"s3cret": 1}}}},
        {"origins": {"a": 1}},
        {"origins": ["s3cret"]},
        {"origins": [{"localStorage": []}]},
        {"origins": [{"origin": "https://a.example", "localStorage": [{"name": "token"}]}]},
    ],
)
def test_other_shapes_are_refused_and_not_repeated(auth: object) -> None:
    with pytest.raises(BadInput) as refused:
        parse_auth(auth)
    assert "s3cret" not in str(refused.value)


@given(JSON)
def test_anything_is_read_or_refused(auth: object) -> None:
    try:
        parse_auth(auth)
    except BadInput:
        return
