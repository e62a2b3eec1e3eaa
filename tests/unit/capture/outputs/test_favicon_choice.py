"""Which icon is asked for first, and what counts as a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.outputs.favicon import _image_type, _preference

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def _icon(sizes: str) -> dict[str, str]:
    return {"href": "http://x/", "sizes": sizes, "rel": "icon", "type": ""}


@pytest.mark.parametrize("sizes", ["²x²", "٣x٣", "x", "64", "-1x5", "9" * 5000 + "x1"])
def test_sizes_that_are_none_are_passed_over(sizes: str) -> None:
    assert _preference(_icon(sizes)) == _preference(_icon(""))
    assert _preference(_icon(f"{sizes} 60X60")) == (0, 4)


@given(st.text(max_size=60))
def test_any_sizes_are_borne(sizes: str) -> None:
    assert _preference(_icon(sizes))[0] == 0


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\xef\xbb\xbf",
        b'\n<?xml version="1.0" encoding="UTF-8"?>\n',
        b"<!-- drawn by hand <html> -->\n<!---->",
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
        b'<?xml version="1.0"?><!-- a --><!DOCTYPE svg [ <!ENTITY ns "http://www.w3.org/2000/svg"> ]>\n<!-- b -->',
        b"<!--" + b"long" * 1000 + b"-->",
    ],
)
def test_svg_is_known_by_its_first_element(before: bytes) -> None:
    assert _image_type(before + SVG) == "image/svg+xml"


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Not found</title>" + SVG,
        b"<html><body>" + SVG,
        b"<!-- " + SVG + b" --><html></html>",
        b"<svgish/>",
        b"<!---->" * 20_000 + b"<html>",
        b"text " + SVG,
        b"",
    ],
)
def test_page_with_a_drawing_in_it_is_no_icon(body: bytes) -> None:
    assert _image_type(body) == ""
