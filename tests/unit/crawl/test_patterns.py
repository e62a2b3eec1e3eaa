import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.patterns import compile_pattern
from pagekeep.domain.errors import BadInput

LONG = "https://example.com/" + "a" * 16_000 + "!"


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"/\d{4}/", "https://example.com/2026/x", True),
        (r"/\d{4}$", "https://example.com/2026/x", False),
        ("EXAMPLE", "https://example.com/", True),
        ("ä+", "https://example.com/ÄÄ", True),
        ("", "https://example.com/", True),
        ("\x00", "https://example.com/", False),
    ],
)
def test_a_part_of_the_text_is_enough(pattern: str, text: str, found: bool) -> None:
    assert compile_pattern(pattern).found_in(text) is found


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a)*b", "(.*)*x$", "((a*)*)*b", "(a{1,50}){1,10}b"])
def test_patterns_that_hang_other_engines_take_no_time(pattern: str) -> None:
    began = time.process_time()
    assert not compile_pattern(pattern).found_in(LONG)
    assert time.process_time() - began < 2  # Python's own engine would need longer than the universe has existed


@pytest.mark.parametrize(
    "pattern",
    ["(", "[", "*", "(?=x)", r"(a)\1", "a{1001}", "(a{1000}){1000}", "x" * 10_000, "(a{30}){30}" * 80, "\ud800"],
)
def test_what_is_refused_in_one_sentence(pattern: str) -> None:
    with pytest.raises(BadInput) as caught:
        compile_pattern(pattern)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 300


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_pattern_breaks_anything(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except BadInput:
        return
    assert compiled.found_in(text) in (True, False)
