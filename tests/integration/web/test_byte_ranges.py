import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.web.ranges import NotSatisfiable, Span, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=2-4", Span(2, 3)),
        ("bytes=2-", Span(2, 8)),
        ("bytes=-3", Span(7, 3)),
        ("bytes=-30", Span(0, 10)),
        ("bytes=9-999", Span(9, 1)),
        ("Bytes= 1-2 ", Span(1, 2)),
        ("", None),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=0-" + "9" * 5000, None),
    ],
)
def test_a_header_asks_for_a_part_or_is_ignored(header: str, expected: Span | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0"])
def test_a_part_after_the_end_cannot_be_had(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        parse_range(header, 10)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(0, 5000))
def test_a_part_is_always_within_the_file(header: str, size: int) -> None:
    try:
        span = parse_range(header, size)
    except NotSatisfiable:
        return
    assert span is None or (span.start >= 0 and span.length > 0 and span.start + span.length <= size)


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_a_part_is_the_slice_of_the_bytes(data: bytes, first: int, last: int) -> None:
    try:
        span = parse_range(f"bytes={first}-{last}", len(data))
    except NotSatisfiable:
        assert first >= len(data)
        return
    if span is None:
        assert last < first
    else:
        assert data[span.start : span.start + span.length] == data[first : last + 1]
