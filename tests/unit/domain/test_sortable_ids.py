"""Ids are UUIDs of version 7 and sort by the time they were made."""

import time
from datetime import UTC, datetime, timedelta

from pagekeep.domain.ids import id_time, new_id


def test_id_is_a_uuid_of_version_7_and_the_rfc_variant():
    made = [new_id() for _ in range(200)]
    assert {identifier.version for identifier in made} == {7}
    assert {identifier.variant for identifier in made} == {"specified in RFC 4122"}
    assert len(set(made)) == len(made)


def test_id_tells_when_it_was_made():
    before = datetime.now(UTC)
    moment = id_time(new_id())
    after = datetime.now(UTC)
    assert before - timedelta(milliseconds=1) <= moment <= after
    assert moment.tzinfo is UTC


def test_ids_of_different_milliseconds_sort_by_time(monkeypatch):
    moments = [1_700_000_000_000_000_000 + turn * 1_000_000 for turn in range(50)]
    clock = iter(moments)
    monkeypatch.setattr(time, "time_ns", lambda: next(clock))
    made = [new_id() for _ in moments]
    assert made == sorted(made)
    assert [str(identifier) for identifier in made] == sorted(str(identifier) for identifier in made)
    assert [round(id_time(identifier).timestamp() * 1000) for identifier in made] == [m // 1_000_000 for m in moments]
