"""The keys of the CDXJ index, beside what pywb looks up for the same URLs."""

import pytest

from pagekeep.capture.formats.surt import surt


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Example.com/A/b", "com,example)/a/b"),
        ("https://example.com", "com,example)/"),
        ("https://example.com/blog/", "com,example)/blog"),
        ("https://www2.example.co.uk:8443/?b=2&a=1", "uk,co,example:8443)/?a=1&b=2"),
        ("https://example.com/?a.b=1&a=2", "com,example)/?a=2&a.b=1"),
        ("http://127.0.0.1:8000/x y", "1,0,0,127:8000)/x%20y"),
        ("http://example.com:80/", "com,example)/"),
        ("https://example.com:80/", "com,example:80)/"),
        ("http://[2001:db8::1]/p", "2001:db8::1)/p"),
        ("http://example.com/?", "com,example)/"),
        ("http://example.com//a/./b/../c//", "com,example)/a/c"),
        ("http://example.com/..", "com,example)/.."),
        ("http://example.com/%41%2Fb%20ü", "com,example)/a/b%20%c3%bc"),
        ("http://example.com/100%25?q=%2520%26", "com,example)/100%25?&q=%20"),
    ],
)
def test_surt_is_the_key_players_look_up(url: str, key: str) -> None:
    assert surt(url) == key
