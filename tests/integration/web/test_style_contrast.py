"""The colours of the style sheet against WCAG 2.2, criteria 1.4.3 (text) and 1.4.11 (edges of controls)."""

import re
from pathlib import Path

import pytest

import pagekeep.web

CSS = (Path(pagekeep.web.__file__).parent / "static" / "pagekeep" / "style.css").read_text()
TEXT = [
    *[(ink, ground) for ink in ("ink", "soft", "accent", "bad") for ground in ("ground", "surface", "sunken")],
    *[(ink, ground) for ink in ("good", "warn") for ground in ("ground", "surface")],
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent-strong", "accent-wash"),
    ("ink", "accent-wash"),
    ("ink", "bad-wash"),
    ("bad", "bad-wash"),
    ("ground", "bad"),
]


def colours(scheme: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#\w{6});", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#\w{6});", dark))


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(scheme: str, ink: str, ground: str) -> None:
    known = colours(scheme)
    assert contrast(known[ink], known[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_have_a_visible_edge(scheme: str) -> None:
    known = colours(scheme)
    assert contrast(known["edge"], known["surface"]) >= 3
