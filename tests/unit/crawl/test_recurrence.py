from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.recurrence import WORDS, Recurrence, parse_recurrence, parse_zone
from pagekeep.domain.errors import BadInput

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")]
moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
fields = [
    st.one_of(
        st.just("*"),
        st.integers(low, high).map(str),
        st.integers(1, 7).map("*/{}".format),
        st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted).map("{0[0]}-{0[1]}".format),
    )
    for low, high in ((0, 59), (0, 23), (1, 28), (1, 12), (0, 7))
]
recurrences = st.one_of(
    st.sampled_from(list(WORDS)),
    st.integers(60, 10**8).map(str),
    st.tuples(*fields).map(" ".join),
).map(parse_recurrence)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("minute", "minute"),
        (" Hourly ", "hour"),
        ("@daily", "day"),
        ("midnight", "day"),
        ("weekly", "week"),
        ("monthly", "month"),
        ("quarter", "quarter"),
        ("annually", "year"),
        ("0060", "60"),
        ("86400", "86400"),
        ("*/15  3 * jan-mar mon", "*/15 3 * JAN-MAR MON"),
        ("0 0 L * *", "0 0 L * *"),
    ],
)
def test_what_is_understood(text: str, normal: str) -> None:
    found = parse_recurrence(text)
    assert found.text == normal
    assert parse_recurrence(found.text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sometimes",
        "0",
        "59",
        "-60",
        "60.5",
        "9" * 12,
        "9" * 400,
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6 *",
        "*/0 * * * *",
        "٣ * * * *",
        "\x00",
        "; rm -rf /",
        "1" + "/1" * 3000 + " * * * *",
        "0 0 * * FRI#9",
    ],
)
def test_what_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_recurrence(text)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 300


@given(st.text() | st.text("0123456789*/-,#LWSUN ", max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        found = parse_recurrence(text)
    except BadInput:
        return
    assert found.next_after(datetime(2026, 3, 29, tzinfo=UTC), BERLIN) > datetime(2026, 3, 29, tzinfo=UTC)


@given(recurrences, moments, st.sampled_from(ZONES))
def test_the_next_time_is_strictly_later_and_so_is_the_one_after(
    recurrence: Recurrence, moment: datetime, zone: ZoneInfo
) -> None:
    first = recurrence.next_after(moment, zone)
    assert moment < first < recurrence.next_after(first, zone)
    assert first.utcoffset() == timedelta(0)


def times(every: str, start: datetime, number: int, zone: ZoneInfo = BERLIN) -> list[str]:
    found, moment = [], start
    for _ in range(number):
        moment = parse_recurrence(every).next_after(moment, zone)
        found.append(f"{moment.astimezone(zone):%m-%d %H:%M%z}")
    return found


def test_a_day_has_23_hours_when_the_clocks_go_forward() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert times("day", before, 3) == ["03-29 00:00+0100", "03-30 00:00+0200", "03-31 00:00+0200"]
    assert times("30 2 * * *", before, 2) == ["03-29 03:00+0200", "03-30 02:30+0200"]


def test_an_hour_that_comes_twice_has_one_run() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=BERLIN)
    assert times("30 2 * * *", before, 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]
    second = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    assert times("30 2 * * *", second, 1) == ["10-26 02:30+0100"]


def test_every_hour_is_every_hour_whatever_the_clocks_do() -> None:
    before = datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)
    assert times("hour", before, 3) == ["10-25 02:00+0200", "10-25 02:00+0100", "10-25 03:00+0100"]


def test_seconds_count_from_the_moment() -> None:
    moment = datetime(2026, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert parse_recurrence("90").next_after(moment, BERLIN) == datetime(2026, 1, 1, 0, 1, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["", "Nowhere/City", "../../etc/passwd", "/etc/localtime", "x" * 5000, "\x00", "Europe"]
)
def test_zones_that_do_not_exist(name: str) -> None:
    with pytest.raises(BadInput):
        parse_zone(name)


def test_the_next_times_follow_the_clocks_of_the_zone() -> None:
    every, first = parse_recurrence("30 2 * * *"), datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN)
    found = every.times_from(first, BERLIN, 3)
    assert found == [datetime(2026, 3, 28, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC), found[2]]
    assert found[2] == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)
    assert every.times_from(first, BERLIN, 1) == [first]
