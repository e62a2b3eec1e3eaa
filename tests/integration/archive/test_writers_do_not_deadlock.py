"""Whoever writes the same rows in another order, in a transaction or outside of one, waits for the others only."""

import random
import threading
from uuid import UUID

import pytest
from django.db import connections, transaction

from pagekeep.archive.counters import count_anew
from pagekeep.archive.models import Snapshot, Tag
from pagekeep.services.add_urls import add_urls
from pagekeep.services.tagging import ensure_tags, replace_tags

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ROUNDS = 6, 25


def change(ids: list[UUID], chance: random.Random) -> None:
    """Change some rows that all others change as well."""
    status = chance.choice(["paused", "sealed", "failed"])
    chance.shuffle(ids)
    if chance.random() < 0.5:
        Snapshot.objects.order_by("?").filter(pk__in=ids[:5]).update(status=status, retry_at=None)
        return
    with transaction.atomic():
        for snapshot_id in ids[:4]:
            Snapshot.objects.filter(pk=snapshot_id).update(
                status=status, retry_at=None, output_size=chance.randrange(9)
            )
        replace_tags(ids[0], ensure_tags(chance.sample(["one", "two", "three"], 2), None))


def test_rows_and_counters_may_be_written_in_any_order() -> None:
    found = add_urls([f"https://example.com/{number}" for number in range(8)], user=None, tags=["one", "two"]).snapshots
    errors: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(ROUNDS):
                change([snapshot.pk for snapshot in found], chance)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert Tag.objects.count() == 3
    assert not count_anew()
