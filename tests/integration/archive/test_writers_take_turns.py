"""Writing transactions of one process take turns, and whatever ends one passes the turn on."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, connections, transaction

from pagekeep.archive.models import Tag
from pagekeep.domain.ids import new_id
from pagekeep.services.tagging import ensure_tags

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(number: int, work: Callable[[int], None]) -> list[BaseException]:
    """Do the work in so many threads at once; return what they raised."""
    raised: list[BaseException] = []

    def one(index: int) -> None:
        try:
            work(index)
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def write(index: int) -> None:
    with transaction.atomic():
        ensure_tags([f"tag {index}"], None)


def test_nobody_waits_long_behind_many_writers() -> None:
    waited: list[float] = []

    def keep_writing(index: int) -> None:
        for number in range(20):
            started = time.monotonic()
            write(index * 100 + number)
            waited.append(time.monotonic() - started)

    started = time.monotonic()
    assert in_threads(8, keep_writing) == []
    took = time.monotonic() - started
    assert Tag.objects.count() == 8 * 20
    # Each had to wait for the 7 others, not for a time it happened to sleep while they went past it again and again.
    assert max(waited) < took / 2


def fail(index: int) -> None:
    with transaction.atomic():
        write(index)
        Tag.objects.create(name="", key=str(index), slug="", created_at="2026-01-01T00:00:00Z")


def break_off(index: int) -> None:
    with transaction.atomic():
        write(index)
        raise KeyboardInterrupt


def close(index: int) -> None:
    with transaction.atomic():
        write(index)
        connection.close()


def fail_at_the_end(index: int) -> None:
    """Commit what breaks a deferred foreign key."""
    with transaction.atomic(), connection.cursor() as cursor:
        none = new_id().hex
        cursor.execute("INSERT INTO archive_snapshot_tags (snapshot_id, tag_id) VALUES (%s, 12345)", [none])


@pytest.mark.parametrize(
    ("work", "error"),
    [(fail, IntegrityError), (break_off, KeyboardInterrupt), (close, None), (fail_at_the_end, IntegrityError)],
)
def test_the_turn_is_passed_on_however_a_transaction_ends(
    work: Callable[[int], None], error: type[BaseException] | None
) -> None:
    assert {type(raised) for raised in in_threads(1, work)} == ({error} if error else set())
    assert in_threads(1, lambda index: write(7)) == []
    assert [tag.name for tag in Tag.objects.all()] == ["tag 7"]
