import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.url_spellings import beginnings, spellings


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("https://example.com/a?b=1&c=%20", "https://example.com/a?b=1&c=%20"),
        ("https:/example.com/a", "https://example.com/a"),  # a proxy made one slash of two
        ("HTTPS://example.com/a", "https://example.com/a"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/", "https://example.com"),
        ("https://example.com?a=1", "https://example.com/?a=1"),
        ("example.com/a", "https://example.com/a"),
        ("example.com/a", "http://example.com/a"),
        ("https://example.com/ä b", "https://example.com/%C3%A4%20b"),
        ("https://example.com/ä b", "https://example.com/ä b"),
        ("https://example.com:8080/a", "https://example.com:8080/a"),
    ],
)
def test_what_may_be_meant(asked: str, meant: str) -> None:
    assert meant in spellings(asked)


def test_what_is_not_meant() -> None:
    assert spellings("https://example.com/a") == ["https://example.com/a"]
    assert beginnings("https://example.com/a") == ["https://example.com/a"]


@given(st.text())
def test_anything_can_be_asked_for(asked: str) -> None:
    try:
        asked.encode()
    except UnicodeEncodeError:
        return
    assert all(url.startswith(("https://", "http://")) for url in spellings(asked) + beginnings(asked))
    assert 1 <= len(beginnings(asked)) <= len(spellings(asked)) <= 8
