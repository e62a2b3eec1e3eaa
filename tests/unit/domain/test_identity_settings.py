import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.errors import BadInput
from pagekeep.domain.identity import Geolocation, Identity, Viewport, accept_language, clean_settings, identity_of
from pagekeep.domain.persona_names import persona_key, persona_name

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = (
    *("user_agent", "viewport_size", "viewport_device_scale_factor", "color_scheme", "language", "timezone"),
    "geolocation",
)


def test_nothing_is_the_browser_as_it_is() -> None:
    empty = {"user_agent": "", "viewport_size": " ", "language": "", "geolocation": None, "unknown": 1}
    assert clean_settings(empty) == {}
    assert identity_of({}) == Identity()


def test_settings_become_an_identity() -> None:
    given = {
        "user_agent": " Robot/1 ",
        "viewport_size": "390, 844",
        "viewport_device_scale_factor": "3",
        "color_scheme": "Dark",
        "language": "de_at, fr;q=0.8",
        "timezone": "Europe/Vienna",
        "geolocation": {"latitude": 48.2, "longitude": "16.37"},
    }
    kept = clean_settings(given)
    assert (kept["viewport_size"], kept["language"], kept["color_scheme"]) == ("390x844", "de-AT,fr", "dark")
    assert clean_settings(kept) == kept
    assert identity_of(kept) == Identity(
        user_agent="Robot/1",
        viewport=Viewport(390, 844, 3.0),
        languages=("de-AT", "de", "fr"),
        timezone="Europe/Vienna",
        geolocation=Geolocation(48.2, 16.37),
        color_scheme="dark",
    )


@pytest.mark.parametrize(
    ("languages", "sent"),
    [
        ("en-GB", "en-GB,en;q=0.9"),
        ("zh-hant-tw,en", "zh-Hant-TW,zh;q=0.9,en;q=0.8"),
        ("en-US,en-GB", "en-US,en-GB;q=0.9,en;q=0.8"),
        ("sl-rozaj-biske", "sl-rozaj-biske,sl;q=0.9"),
    ],
)
def test_languages_are_sent_as_browsers_do(languages: str, sent: str) -> None:
    assert accept_language(identity_of({"language": languages}).languages) == sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_agent", "two\nlines"),
        ("user_agent", "x" * 1001),
        ("user_agent", ["Robot"]),
        *(("viewport_size", value) for value in ("1440", "1440x", "99x900", "1440x99", "99999x900", "1440x900x1", 5)),
        *(("viewport_device_scale_factor", value) for value in (0, -1, 9, "wide", True, float("nan"), float("inf"))),
        ("color_scheme", "sepia"),
        *(("language", value) for value in ("d", "de-", "german!", "de,,en", ",".join(["de"] * 11), 7)),
        *(("timezone", value) for value in ("Europe", "../etc/passwd", "/etc/passwd", "Mars/Crater", "\0", 7)),
        *(("geolocation", value) for value in ("52,13", [52, 13], {"latitude": 1}, {"latitude": 91, "longitude": 0})),
        ("geolocation", {"latitude": 0, "longitude": 180.1}),
        ("geolocation", {"latitude": 0, "longitude": 0, "accuracy": -1}),
    ],
)
def test_what_is_not_possible_is_named(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=rf"^{name}") as refused:
        clean_settings({name: value})
    assert len(str(refused.value)) < 300


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_anything_is_kept_tidily_or_refused(given: dict[str, object]) -> None:
    try:
        kept = clean_settings(given)
    except BadInput:
        return
    assert clean_settings(kept) == kept
    identity_of(kept)


def test_names_that_differ_in_case_or_spaces_are_one() -> None:
    assert persona_name("  My   Straße ") == "My Straße"
    assert persona_key("MY STRASSE") == persona_key("my  straße")
    assert persona_key("") == persona_key("default") == persona_key("Default")


@pytest.mark.parametrize("name", ["", " ", "a\nb\x00", "x" * 101, "\u202edefault"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        persona_name(name)
