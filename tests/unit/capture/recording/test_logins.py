"""A password in an address is given to the origin of that address, once, and to nobody else."""

import pytest

from pagekeep.capture.recording.logins import Logins


class Browser:
    """Asks for a password as the browser does, and notes what it is told."""

    def __init__(self, url):
        self.answers = []
        self._logins = Logins(url)

    def ask(self, origin, *, request="1", source="Server"):
        self._logins.answer(self, {"requestId": request, "authChallenge": {"source": source, "origin": origin}})

    def post(self, method, **params):
        assert method == "Fetch.continueWithAuth"
        self.answers.append(params["authChallengeResponse"])


def test_origin_of_the_address_is_told_the_password_as_it_is_meant():
    browser = Browser("https://us%40er:se%3Acret@Example.com/page")
    browser.ask("https://example.com")
    assert browser.answers == [{"response": "ProvideCredentials", "username": "us@er", "password": "se:cret"}]


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://example.com", "https://example.com:444", "https://[", ""]
)
def test_no_other_origin_is_told(origin):
    browser = Browser("https://user:secret@example.com/page")
    browser.ask(origin)
    assert browser.answers == [{"response": "CancelAuth"}]


def test_proxy_is_not_told_and_a_wrong_password_is_told_once():
    browser = Browser("https://user:secret@example.com/page")
    browser.ask("https://example.com", source="Proxy")
    browser.ask("https://example.com")
    browser.ask("https://example.com")
    assert [answer["response"] for answer in browser.answers] == ["CancelAuth", "ProvideCredentials", "CancelAuth"]


def test_address_without_a_password_has_none_to_give():
    assert not Logins("https://example.com/@me").any
