"""What is taken for a wall in the place of a page, and what is a page all the same."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.walls import MARKERS, RULES, Signs, find_wall

URL = "https://example.com/articles/lighthouse"
PAGE = Signs(asked=URL, final=URL, status=200, title="Lighthouses", text="A lighthouse is a tower.", length=24)
LONG = {"text": "How captchas work: verify you are human, I am not a robot. " * 60, "length": 3600}


def signs(**fields: Any) -> Signs:
    if "markers" in fields:
        fields["markers"] = frozenset(fields["markers"])
    if "text" in fields:
        fields = {"length": len(fields["text"])} | fields
    return dataclasses.replace(PAGE, **fields)


LOGIN = "https://example.com/login?next=/articles/lighthouse"
FORM = {"text": "Log in\nUser name\nPassword", "password": True, "fields": 1}

WALLS = {
    "Cloudflare by its header": ("captcha", signs(status=403, headers=(("CF-Mitigated", "challenge"),))),
    "Cloudflare by its title": (
        "captcha",
        signs(status=403, headers=(("Server", "cloudflare"),), title="Just a moment...", text="Verifying"),
    ),
    "Cloudflare by its script": ("captcha", signs(status=503, markers=["cloudflare"], text="Checking")),
    "Vercel": ("captcha", signs(status=429, headers=(("x-vercel-mitigated", "challenge"),))),
    "AWS": ("captcha", signs(status=405, headers=(("x-amzn-waf-action", "captcha"),))),
    "DataDome": ("captcha", signs(status=403, markers=["datadome"], text="")),
    "PerimeterX": ("captcha", signs(status=403, markers=["perimeterx"], text="Press & hold to confirm")),
    "Akamai": ("captcha", signs(status=429, markers=["akamai"], text="Powered and protected by")),
    "Imperva": ("captcha", signs(markers=["imperva"], text="")),
    "DDoS-Guard": ("captcha", signs(status=403, title="DDoS-Guard", markers=["ddosguard"], text="Checking")),
    "Anubis": ("captcha", signs(title="Making sure you're not a bot!", markers=["anubis"], text="Calculating...")),
    "a check of no known make": (
        "captcha",
        signs(status=503, title="Checking your browser before accessing", text="5 s"),
    ),
    "reCAPTCHA alone": (
        "captcha",
        signs(status=429, markers=["recaptcha"], text="Our systems have detected unusual traffic"),
    ),
    "hCaptcha alone": ("captcha", signs(markers=["hcaptcha"], text="Please verify you are human to go on.")),
    "Turnstile alone": ("captcha", signs(status=403, markers=["turnstile"], text="Security check")),
    "redirect to a login": ("login", signs(final=LOGIN, **FORM)),
    "redirect to a login elsewhere": ("login", signs(final="https://login.example.org/oauth2?x=1", **FORM)),
    "login that asks for the name first": (
        "login",
        signs(
            final="https://accounts.example.org/v3/signin/identifier", markers=["identifier"], text="Sign in", fields=1
        ),
    ),
    "login in another language": ("login", signs(final="https://example.com/de/anmelden", **FORM)),
    "forbidden, with a form": ("login", signs(status=403, **FORM)),
    "unauthorized, with a form": ("login", signs(status=401, **FORM)),
    "redirect to consent": (
        "interstitial",
        signs(final="https://consent.example.com/m?continue=x", markers=["choice"], text="Before you continue " * 60),
    ),
    "redirect to an age gate": (
        "interstitial",
        signs(final="https://example.com/age-gate", markers=["choice"], text="18+"),
    ),
    "age gate in place": (
        "interstitial",
        signs(markers=["choice"], text="You must be 18 or older to enter.\nEnter\nLeave"),
    ),
    "needs JavaScript": ("interstitial", signs(text="You need to enable JavaScript to run this app.")),
}

PAGES = {
    "an ordinary page": PAGE,
    "an article about captchas": signs(title="Just a moment: captchas", **LONG),
    "an article with a widget to try": signs(markers=["recaptcha", "hcaptcha", "turnstile"], **LONG),
    "a form that ends with a captcha": signs(markers=["recaptcha"], fields=3, text="Contact us. Prove you are human."),
    "a short page with a widget and other words": signs(markers=["turnstile"], text="Our Human Resources are few."),
    "an error page behind Cloudflare": signs(status=403, headers=(("Server", "cloudflare"),), title="Access denied"),
    "a page of Cloudflare's with a moment in its title": signs(
        headers=(("Server", "cloudflare"),), title="Just a moment"
    ),
    "a plain 403": signs(status=403, title="403 Forbidden", text="You may not read this."),
    "a plain 503": signs(status=503, title="Maintenance", text="We are back at noon."),
    "a plain 429": signs(status=429, title="Too many requests", text="Slow down."),
    "a login page that was asked for": signs(asked=LOGIN, final=LOGIN, **FORM),
    "a login page that was asked for with a slash": signs(
        asked="https://example.com/login", final="https://www.example.com/login/", **FORM
    ),
    "a login page that leads to another": signs(asked="https://example.com/signin", final=LOGIN, **FORM),
    "a home page with a login form": signs(asked="https://example.com/", final="https://example.com/", **FORM),
    "a redirect to a page about logins": signs(final="https://example.com/help/login", text="How to log in"),
    "a redirect to a long page with a form": signs(final="https://example.com/auth", password=True, **LONG),
    "a redirect to a word that begins so": signs(final="https://example.com/logins-of-the-past", **FORM),
    "a forbidden page with a login in its header": signs(status=403, text="Not for you", password=False),
    "a redirect to another page with a form": signs(final="https://example.com/articles/tower", **FORM),
    "a page about consent": signs(final="https://example.com/consent-in-law", markers=["choice"], text="Consent."),
    "a consent page that was asked for": signs(
        asked="https://consent.example.com/m", final="https://consent.example.com/m", markers=["choice"], text="Hello"
    ),
    "an article about age": signs(markers=["choice"], text="Are you over 18? " + "Growing up takes time. " * 60),
    "a question without a choice": signs(text="Are you over 18?"),
    "an article about JavaScript": signs(text="How to enable JavaScript. " + "Open the settings. " * 40),
    "a form that says it needs JavaScript": signs(text="This form requires JavaScript.", fields=2),
}


@pytest.mark.parametrize("name", WALLS)
def test_wall_is_found(name: str) -> None:
    kind, shown = WALLS[name]
    wall = find_wall(shown)
    assert wall is not None
    assert wall.kind == kind
    assert wall.reason.startswith("The site showed a")
    assert wall.reason.endswith(".")
    assert wall.reason.count(". ") == 0


@pytest.mark.parametrize("name", PAGES)
def test_page_is_none(name: str) -> None:
    assert find_wall(PAGES[name]) is None


def test_rules_name_markers_that_are_looked_for() -> None:
    assert {marker for rule in RULES for marker in rule.markers} <= set(MARKERS)
    assert {rule.wall.kind for rule in RULES} == {"captcha", "login", "interstitial"}


@given(
    asked=st.text(max_size=40),
    final=st.text(max_size=40),
    status=st.integers(100, 599),
    title=st.text(max_size=40),
    text=st.text(max_size=200),
    headers=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=3).map(tuple),
)
def test_nothing_a_page_says_is_an_error(**fields: Any) -> None:
    find_wall(Signs(length=len(fields["text"]), **fields))
