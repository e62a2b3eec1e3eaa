"""Captchas, logins and gates in the place of a page are told from pages, and kept as evidence only."""

import pytest

from pagekeep.capture import wall_signs
from pagekeep.capture.values import Limits
from pagekeep.capture.walls import EVIDENCE
from pagekeep.domain.plugins import DEFAULT_PLUGINS

LIMITS = Limits(open=10.0, settle=3.0, scroll=2.0, output=20.0)
LIGHT = ("title", "outlinks", "headers", "screenshot", "dom", "htmltotext", "warc", "hashes")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(wall_signs, "PASSAGE_SECONDS", 1.0)


@pytest.mark.parametrize(
    ("path", "kind", "words"),
    [
        ("/walls/cloudflare", "captcha", "a captcha (Cloudflare)"),
        ("/walls/recaptcha", "captcha", "a captcha (reCAPTCHA)"),
        ("/walls/hcaptcha", "captcha", "a captcha (hCaptcha)"),
        ("/walls/perimeterx", "captcha", "a captcha (PerimeterX)"),
        ("/walls/members", "login", "a login"),
        ("/walls/forbidden", "login", "a login"),
        ("/walls/asked", "interstitial", "a question for consent"),
        ("/walls/age", "interstitial", "a question for the visitor's age"),
        ("/walls/scripts", "interstitial", "a note that it needs JavaScript"),
    ],
)
def test_wall_fails_the_visit_and_is_kept_as_evidence(capture, path, kind, words):
    visit = capture(path, plugins=LIGHT, limits=LIMITS)
    assert not visit.outcome.succeeded
    assert (visit.outcome.wall, visit.outcome.title) == (kind, "")
    sentence = f"The site showed {words} instead of the page"
    assert visit.outcome.reason.startswith(f"{sentence}; ")
    assert {plugin for plugin, status in visit.statuses().items() if status == "succeeded"} == EVIDENCE & set(LIGHT)
    assert visit.result("dom").summary == visit.result("title").summary == f"{sentence}."
    for plugin in ("screenshot", "warc"):
        assert visit.result(plugin).summary.endswith(f"; of {words}, not of the page")
    assert visit.path("screenshot", "screenshot.jpg").stat().st_size > 0
    assert visit.watcher.linked_at is None


@pytest.mark.parametrize(
    ("path", "title", "succeeded"),
    [
        ("/walls/login", "Log in", True),
        ("/walls/article", "On captchas", True),
        ("/walls/contact", "Contact", True),
        ("/walls/front", "Front", True),
        ("/walls/moved", "Front", True),
        ("/walls/header", "Not for you", False),
        ("/walls/hidden", "No", False),
        ("/overlays", None, True),
    ],
)
def test_page_that_resembles_a_wall_is_a_page(capture, path, title, succeeded):
    visit = capture(path, plugins=LIGHT, limits=LIMITS)
    assert (visit.outcome.wall, visit.outcome.succeeded) == ("", succeeded)
    assert title in (None, visit.outcome.title)
    assert "wait" not in visit.watcher.steps
    assert set(visit.statuses().values()) == {"succeeded"}


def test_check_that_lets_the_browser_through_is_waited_for(capture, monkeypatch):
    monkeypatch.setattr(wall_signs, "PASSAGE_SECONDS", 15.0)
    visit = capture("/walls/passing", plugins=LIGHT, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert (visit.outcome.wall, visit.outcome.title, visit.outcome.response_status) == ("", "Let through", 200)
    assert "The page itself" in visit.text("htmltotext", "htmltotext.txt")
    assert "wait" in visit.watcher.steps
    assert visit.watcher.linked_at is not None


def test_every_output_of_a_wall_says_what_it_is(capture):
    visit = capture("/walls/members", plugins=DEFAULT_PLUGINS, limits=LIMITS)
    skipped = {result.plugin for result in visit.outcome.results if "a login instead of the page" in result.summary}
    assert skipped == set(DEFAULT_PLUGINS) - EVIDENCE
