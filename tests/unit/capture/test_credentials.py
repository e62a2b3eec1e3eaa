"""A password in an address opens the page of that origin, and is no part of the address that is kept."""

import pytest

from pagekeep.capture.credentials import Credentials, without_credentials


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("http://user:secret@example.com:81/a?b#c", "http://example.com:81/a?b#c"),
        ("https://user@example.com", "https://example.com"),
        ("http://a:b@c@example.com/", "http://example.com/"),
        ("http://user:secret@[::1]:80/", "http://[::1]:80/"),
        ("http://example.com/@me?to=a:b@c", "http://example.com/@me?to=a:b@c"),
        ("http://example.com/?", "http://example.com/?"),
    ],
)
def test_address_without_its_password(url, bare):
    assert without_credentials(url) == bare


class Session:
    """Notes what is posted, and says what the browser would."""

    def __init__(self, url):
        self.answers = []
        Credentials.of(url).offer(self)

    def on(self, event, handler):
        self.ask = lambda origin, request="1", source="Server": handler(
            {"requestId": request, "authChallenge": {"source": source, "origin": origin}}
        )

    def post(self, method, **params):
        if method == "Fetch.continueWithAuth":
            self.answers.append(params["authChallengeResponse"])


def test_origin_of_the_address_is_told_the_password_as_it_is_meant():
    session = Session("https://us%40er:se%3Acret@Example.com/page")
    session.ask("https://example.com")
    assert session.answers == [{"response": "ProvideCredentials", "username": "us@er", "password": "se:cret"}]


@pytest.mark.parametrize("origin", ["https://other.example", "http://example.com", "https://example.com:444"])
def test_no_other_origin_is_told(origin):
    session = Session("https://user:secret@example.com/page")
    session.ask(origin)
    assert session.answers == [{"response": "CancelAuth"}]


def test_proxy_is_not_told_and_a_wrong_password_is_told_once():
    session = Session("https://user:secret@example.com/page")
    session.ask("https://example.com", source="Proxy")
    session.ask("https://example.com")
    session.ask("https://example.com")
    assert [answer["response"] for answer in session.answers] == ["CancelAuth", "ProvideCredentials", "CancelAuth"]


def test_address_without_a_password_offers_none():
    assert Credentials.of("https://example.com/@me") is None
