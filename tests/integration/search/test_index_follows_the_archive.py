"""The index in a real database: what it finds, and that it never disagrees with the records."""

import random
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from pagekeep.archive.models import Snapshot
from pagekeep.search.index import Agreement, Asked
from pagekeep.services.add_urls import add_urls
from pagekeep.services.change_snapshot import change_snapshot
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.tag_snapshot import tag_snapshot, untag_snapshot
from pagekeep.services.wiring import search_index

pytestmark = pytest.mark.django_db

URL = "https://straße.example.org/Übergröße?a=1%20b"
TITLE = "Ёлка и ÉTÉ à Straßburg, “quoted” 東京 \U0001f600 x'y\"z"


@pytest.fixture(autouse=True)
def _never_damaged() -> Iterator[None]:
    """After each test FTS5 compares each list of its index with the others."""
    yield
    integrity_check()


def integrity_check() -> None:
    with connection.cursor() as cursor:
        for table in ("search_meta", "search_contents"):
            cursor.execute(f"INSERT INTO {table}({table}) VALUES('integrity-check')")


def add(url: str = URL, title: str = TITLE, tags: tuple[str, ...] = ()) -> Snapshot:
    (snapshot,) = add_urls([url], user=None, tags=tags).snapshots
    Snapshot.objects.filter(pk=snapshot.pk).update(title=title)
    snapshot.refresh_from_db()
    return snapshot


def found(text: str, mode: str = "") -> list[str]:
    return search_index().find(Asked.of(text, mode), 100).timestamps


@pytest.mark.parametrize(
    "text",
    [
        *("example.ORG", "ёлка", "ЁЛКА И", "été", "straßburg", "STRASSBURG", "Übergrösse", "“quoted”", "東", "東京"),
        *("\U0001f600", "x'y\"z", "%20b", "?a=1", "о", "neUES", "es!", "Sehr", "à s", "STRA", "https://", "org/über"),
    ],
)
def test_any_part_of_url_title_and_tag_is_found_whatever_its_case(text: str) -> None:
    snapshot = add(tags=("Sehr Neues!", "ненужное о"))
    other = add("https://other.test/", title="", tags=())
    hits = found(text)
    assert snapshot.timestamp in hits
    assert (other.timestamp in hits) == (text == "https://")


def test_id_and_timestamp_are_found_by_any_part_dashes_or_not() -> None:
    snapshot = add()
    for text in (
        str(snapshot.pk),
        snapshot.pk.hex,
        snapshot.pk.hex[5:20],
        str(snapshot.pk)[4:22],
        snapshot.timestamp[3:],
    ):
        assert found(text) == [snapshot.timestamp]


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", '"', "'", "*", "AND", "NOT x", "x" * 10_000, "zz", "\ud800", "\U0010ffff", "[", "_x"]
)
@pytest.mark.parametrize("mode", ["meta", "contents", "deep"])
def test_what_is_in_no_snapshot_is_not_found(text: str, mode: str) -> None:
    add("https://a.test/", title="b")
    assert found(text, mode) == []


def test_the_index_follows_every_change() -> None:
    index = search_index()
    one, two = add("https://a.test/one", "first title", ("red",)), add("https://a.test/two", "second title")
    assert found("a.test") == [two.timestamp, one.timestamp]
    change_snapshot(one.pk, user=None, title="third title", tags=["blue"])
    assert (found("first title"), found("third title")) == ([], [one.timestamp])
    assert (found("red"), found("blue")) == ([], [one.timestamp])
    tag_snapshot(two.pk, user=None, name="blue")
    untag_snapshot(one.pk, name="blue")
    assert found("BLUE") == [two.timestamp]
    index.put_text(two.pk, "words of the page", "deeper words")
    assert found("page words", "contents") == found("deeper page", "deep") == [two.timestamp]
    assert found("deeper", "contents") == []
    remove_snapshots([two.pk], delete=False)
    assert found("a.test") == [one.timestamp]
    assert found("blue") == found("page", "contents") == []
    Snapshot.objects.filter(pk=two.pk).update(hidden=False)
    assert found("blue") == [two.timestamp]
    remove_snapshots([one.pk, two.pk])
    assert found("a.test") == found("blue") == []
    assert index.agreement() == Agreement(0, 0, 0)


def test_a_text_replaces_the_earlier_one_and_goes_with_its_snapshot() -> None:
    snapshot = add()
    for text in ("earlier words", "later words"):
        search_index().put_text(snapshot.pk, text, "")
    assert (found("earlier", "contents"), found("later", "contents")) == ([], [snapshot.timestamp])
    Snapshot.objects.all().delete()
    assert found("later", "contents") == []
    search_index().put_text(snapshot.pk, "too late", "")
    assert found("late", "contents") == []


def test_passages_show_where_without_marks_of_their_own() -> None:
    snapshot = add()
    search_index().put_text(snapshot.pk, f"{'before ' * 50}\x02<b>needle\x03 東京都 after", "")
    (parts,) = search_index().passages(Asked.of("needle 東京", "contents"), [snapshot.timestamp]).values()
    assert [part.text for part in parts if part.hit] == ["needle", "東京"]
    assert "<b>" in "".join(part.text for part in parts)
    assert search_index().passages(Asked.of("needle"), [snapshot.timestamp]) == {}


def test_a_rebuild_goes_on_where_it_was_stopped_and_bears_changes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.search.sqlite_fts._BATCH", 2)
    snapshots = [add(f"https://a.test/{number}", f"title {number}", ("tag",)) for number in range(7)]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO search_meta(search_meta) VALUES('delete-all')")
        cursor.execute("DELETE FROM search_tagged")
    index = search_index()
    assert index.agreement().indexed == 0
    assert index.start_refill()
    assert index.refill_some() == 2
    newest = [snapshot.timestamp for snapshot in reversed(snapshots)]
    assert found("a.test") == newest[:2]
    Snapshot.objects.filter(pk=snapshots[0].pk).update(title="changed before it was come to")
    Snapshot.objects.filter(pk=snapshots[6].pk).update(title="changed after it was come to")
    snapshots[1].delete()
    added = add("https://a.test/new", "added")
    assert not index.start_refill()
    while index.refill_some():
        pass
    assert found("a.test") == [added.timestamp, *newest[:5], newest[6]]
    assert found("come to") == [newest[0], newest[6]]
    assert found("tag") == [*newest[:5], newest[6]]
    assert index.agreement() == Agreement(7, 7, 0)
    assert index.refill_some() == 0


def test_common_words_are_counted_and_the_newest_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.search.sqlite_fts.FEW", 5)
    urls = [f"https://many.test/{number:02d}/{'odd' if number % 2 else 'even'}" for number in range(40)]
    snapshots = add_urls(urls, user=None, tags=["everywhere"]).snapshots
    newest = [snapshot.timestamp for snapshot in reversed(snapshots)]
    index = search_index()
    for text, expected in (
        ("many.test", newest),
        ("/odd", newest[::2]),
        ("every", newest),
        ("m", newest),
        ("07/o", [newest[32]]),
    ):
        hits = index.find(Asked.of(text), 3)
        assert (hits.timestamps, hits.total) == (expected[:3], len(expected)), text
        condition = index.condition(Asked.of(text))
        assert set(Snapshot.objects.filter(condition).values_list("timestamp", flat=True)) == set(expected), text
    long = "https://many.test/07/odd"
    assert index.find(Asked.of(long), 3).timestamps == [newest[32]]
    assert index.find(Asked.of("https://many.test/"), 50).timestamps == newest


# FTS5 knows the cases of Unicode 6.1.
TITLES = st.text("abcxyzäöüéèñçãåøæœßабвёъьщюяαβγδεζθλμσφωάέžčšđż 0123-.,\"'东京", min_size=1, max_size=30)


class AnyArchive(TestCase):
    """Whatever is added, changed and removed, each part of a title finds it, and nothing is left of what is gone."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(TITLES, min_size=1, max_size=4), st.randoms(use_true_random=False))
    def test_parts_of_titles(self, titles: list[str], chance: random.Random) -> None:
        snapshots = [add(f"https://a.test/{number}", title) for number, title in enumerate(titles)]
        for snapshot in snapshots:
            title = snapshot.title
            start = chance.randrange(len(title))
            part = title[start : start + chance.randrange(1, len(title) + 1)].strip()
            if part:
                assert snapshot.timestamp in found(part), part
                assert snapshot.timestamp in found(part.upper())
        gone = chance.choice(snapshots)
        gone.delete()
        assert gone.timestamp not in found("a.test")
        integrity_check()


def test_damage_is_found() -> None:
    add()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO search_meta(search_meta) VALUES('delete-all')")
    assert search_index().agreement() == Agreement(1, 0, 0)
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM search_nothing")
