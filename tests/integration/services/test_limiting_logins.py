from datetime import timedelta

import pytest
from django.utils import timezone

from pagekeep.archive.models import LoginFailure
from pagekeep.domain.errors import TooManyFailures
from pagekeep.services.limit_logins import FAILURES_OF_ADDRESS, forget_failures, note_failure, refuse_guessing

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def fail(number: int, username: str = "keeper", address: str = "192.0.2.1", seconds: float = 0) -> None:
    for _ in range(number):
        note_failure(username, address, lambda: NOW + timedelta(seconds=seconds))


def wait(username: str = "keeper", address: str = "192.0.2.1", seconds: float = 0) -> int:
    try:
        refuse_guessing(username, address, lambda: NOW + timedelta(seconds=seconds))
    except TooManyFailures as error:
        return error.wait
    return 0


def test_ten_failures_of_a_name_at_an_address_within_five_minutes() -> None:
    fail(9)
    assert wait() == 0
    fail(1, seconds=60)
    assert wait("KEEPER", seconds=60) == 240
    with pytest.raises(TooManyFailures, match="in 240 seconds"):
        refuse_guessing("keeper", "192.0.2.1", lambda: NOW + timedelta(seconds=60))
    assert wait("other", seconds=60) == 0
    assert wait(address="192.0.2.2", seconds=60) == 0
    assert wait(seconds=299.5) == 1
    assert wait(seconds=300) == 0
    fail(9, seconds=301)
    assert wait(seconds=301) == 59  # the failure of second 60 is the tenth that counts


def test_an_address_cannot_try_many_names() -> None:
    for number in range(FAILURES_OF_ADDRESS):
        assert wait(f"user {number}") == 0
        fail(1, f"user {number}")
    assert wait("yet another") == 300
    assert wait("yet another", "192.0.2.2") == 0


def test_an_ipv6_address_stands_for_its_network() -> None:
    for number in range(10):
        fail(1, address=f"2001:db8::{number}")
    assert wait(address="2001:db8::ffff") == 300
    assert wait(address="2001:db8:0:1::1") == 0
    assert wait(address="not an address") == 0
    fail(10, address="::ffff:192.0.2.9")
    assert wait(address="192.0.2.9") == 300


def test_a_success_resets_the_name_only() -> None:
    fail(10)
    fail(10, "other")
    forget_failures("keeper", "192.0.2.1")
    assert (wait(), wait("other")) == (0, 300)


def test_nothing_that_was_typed_is_kept_and_nothing_for_long() -> None:
    fail(3, "my password, by mistake \ud800")
    assert "password" not in str(list(LoginFailure.objects.values()))
    fail(1, seconds=301)
    assert LoginFailure.objects.count() == 1
