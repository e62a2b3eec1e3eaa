from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.politeness import (
    MAX_CRAWL_DELAY,
    MAX_SLOWED_DELAY,
    MAX_WAIT,
    PATIENCE,
    Held,
    HostState,
    backoff,
    busy_wait,
    delay_between,
    delay_of,
    ready_at,
    recovered,
    slowed_down,
)
from pagekeep.domain.errors import BadInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ready(
    host: HostState | None = None, *held: Held, followed: bool = True, due: float = -1, own: float = 1.0
) -> datetime:
    return ready_at(host or HostState(), held, followed=followed, due=at(due), own=own, concurrency=2, now=NOW)


def test_a_host_nobody_has_visited_is_ready_at_once() -> None:
    assert ready() <= NOW
    assert ready(followed=False) <= NOW


def test_followed_links_keep_the_delay_after_any_visit_and_seeds_do_not() -> None:
    host = HostState(visited_at=at(-0.4), followed_at=at(-5))
    assert ready(host) == at(0.6)
    assert ready(host, followed=False) <= NOW


def test_a_followed_link_gives_way_to_seeds_for_a_while_only() -> None:
    host = HostState(visited_at=at(-0.1), followed_at=at(-PATIENCE - 1))
    assert ready(host, due=-PATIENCE - 1) <= NOW
    assert ready(HostState(visited_at=at(-0.1), followed_at=at(-0.5)), due=-100) == at(0.9)


def test_followed_links_are_visited_one_at_a_time_and_seeds_two() -> None:
    seed, other, link = Held(False, at(30)), Held(False, at(40)), Held(True, at(50))
    assert ready(None, seed) <= NOW
    assert ready(None, seed, other) == at(30)
    assert ready(None, link) == at(50)
    assert ready(None, link, followed=False) <= NOW
    assert ready(None, seed, link, followed=False) == at(30)


def test_followed_links_that_keep_no_delay_are_visited_as_seeds_are() -> None:
    link, other = Held(True, at(30)), Held(True, at(40))
    assert ready(None, link, own=0) <= NOW
    assert ready(None, link, other, own=0) == at(30)
    assert ready(HostState(crawl_delay=2.0), link, own=0) == at(30)
    assert ready(HostState(delay=2.0), link, own=0) == at(30)


def test_a_visit_whose_worker_died_counts_from_the_end_of_its_lease() -> None:
    assert ready(None, Held(True, at(-0.25))) == at(0.75)
    assert ready(None, Held(True, at(-0.25)), followed=False) <= NOW


def test_the_longest_delay_counts() -> None:
    assert delay_between(HostState(), 1.0) == 1.0
    assert delay_between(HostState(crawl_delay=5.0), 1.0) == 5.0
    assert delay_between(HostState(crawl_delay=5.0, delay=8.0), 1.0) == 8.0
    assert delay_between(HostState(crawl_delay=86_400.0), 1.0) == MAX_CRAWL_DELAY
    assert delay_between(HostState(crawl_delay=5.0), 30.0) == 30.0


def test_nothing_is_asked_of_a_host_that_said_later() -> None:
    host = HostState(slow_until=at(7))
    assert ready(host) == at(7)
    assert ready(host, followed=False) == at(7)


def test_seeds_wait_too_while_a_host_is_slowed_down() -> None:
    assert ready(HostState(visited_at=at(-1), delay=4.0), followed=False) == at(3)


def test_a_busy_host_is_asked_half_as_often_each_time_and_recovers_step_by_step() -> None:
    host, delays = HostState(), []
    for _ in range(10):
        host = slowed_down(host, 3, NOW)
        delays.append(host.delay)
    assert delays[:4] == [1, 2, 4, 8]
    assert delays[-1] == MAX_SLOWED_DELAY
    assert host.slow_until == at(3)
    steps = 0
    while host.delay is not None:
        before, host = host.delay, recovered(host)
        assert host.delay is None or host.delay < before
        steps += 1
    assert 5 < steps < 30
    assert recovered(host) == host


def test_a_shorter_wait_does_not_undo_a_longer_one() -> None:
    assert slowed_down(slowed_down(HostState(), 60, NOW), 1, NOW).slow_until == at(60)


@given(st.integers(0, 70_000), st.none() | st.floats(allow_nan=False))
def test_a_busy_host_is_waited_for_within_bounds(attempts: int, retry_after: float | None) -> None:
    wait = busy_wait(attempts, retry_after)
    assert 0 <= wait <= MAX_WAIT
    if retry_after is not None and 0 <= retry_after <= MAX_WAIT:
        assert wait == retry_after


@given(st.integers(0, 70_000), st.floats(0, 1))
def test_a_retry_comes_anywhere_up_to_a_limit_that_doubles(attempts: int, chance: float) -> None:
    longest = backoff(attempts, chance=lambda: 1.0)
    assert 0 <= backoff(attempts, chance=lambda: chance) <= longest <= MAX_WAIT
    assert backoff(attempts, chance=lambda: 0.0) == 0
    assert longest <= backoff(attempts + 1, chance=lambda: 1.0) <= 2 * longest


@given(st.floats(0, 3600), st.floats(0, 3600), st.none() | st.floats(0, 3600), st.none() | st.floats(0, 3600))
def test_no_followed_link_comes_before_the_delay_after_another(
    own: float, ago: float, slowed: float | None, asked: float | None
) -> None:
    host = HostState(visited_at=at(-ago), followed_at=at(-ago), delay=slowed, crawl_delay=asked)
    moment = ready(host, due=-10_000_000, own=own)
    wanted = max(own, slowed or 0, min(asked or 0, MAX_CRAWL_DELAY))
    assert (moment - at(-ago)).total_seconds() >= wanted - 0.000_002


@pytest.mark.parametrize(("value", "seconds"), [(0, 0.0), ("2.5", 2.5), (3600, 3600.0)])
def test_a_crawl_may_set_its_own_delay(value: object, seconds: float) -> None:
    assert delay_of({"CRAWL_DELAY": value}, 1.0) == seconds
    assert delay_of({}, 1.0) == 1.0


@pytest.mark.parametrize("value", [-1, "nan", "inf", True, None, "soon", 3601, [1]])
def test_a_bad_delay_is_refused(value: object) -> None:
    with pytest.raises(BadInput, match="CRAWL_DELAY"):
        delay_of({"CRAWL_DELAY": value}, 1.0)
