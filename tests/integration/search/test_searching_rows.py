"""Search without an index, as on PostgreSQL: the same for URL, title, tag, id and timestamp."""

import pytest

from pagekeep.archive.models import Snapshot
from pagekeep.domain.errors import BadInput
from pagekeep.search.index import Agreement, Asked, SearchMode
from pagekeep.search.rows import RowSearch
from pagekeep.services.add_urls import add_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def snapshots() -> list[Snapshot]:
    """Three, the oldest first; the last is hidden."""
    found = [add_urls([f"https://example.com/{word}"], user=None, tags=["Été"]).snapshots[0] for word in "abc"]
    Snapshot.objects.filter(pk=found[0].pk).update(title="Lighthouse 100% keeper")
    Snapshot.objects.filter(pk=found[2].pk).update(hidden=True)
    return found


def timestamps(text: str, most: int = 10) -> list[str]:
    found = RowSearch().find(Asked.of(text), most)
    assert RowSearch().newest(Asked.of(text), most) == found.timestamps
    assert Snapshot.objects.filter(RowSearch().condition(Asked.of(text)), hidden=False).count() == found.total
    return found.timestamps


def test_any_part_is_found_newest_first(snapshots: list[Snapshot]) -> None:
    first, second, _ = snapshots
    assert timestamps("EXAMPLE.com") == timestamps("ÉTÉ") == [second.timestamp, first.timestamp]
    assert timestamps("example", most=1) == [second.timestamp]
    assert timestamps("house 100%") == timestamps(str(first.pk)) == [first.timestamp]
    assert timestamps(str(first.pk)[3:20].upper()) == timestamps(first.pk.hex[3:20]) == [first.timestamp]
    assert timestamps(first.timestamp[2:]) == [first.timestamp]


@pytest.mark.parametrize("text", ["", " ", "\0", "\ud800", "%", "_", "'", '"', "nowhere", "-"])
def test_what_is_in_none_is_not_found(text: str, snapshots: list[Snapshot]) -> None:
    Snapshot.objects.update(title="")
    assert timestamps(text) == []


@pytest.mark.parametrize("mode", [SearchMode.CONTENTS, SearchMode.DEEP])
def test_texts_of_pages_are_refused_in_a_sentence(mode: SearchMode) -> None:
    with pytest.raises(BadInput, match="cannot be searched on PostgreSQL yet"):
        RowSearch().find(Asked.of("words", mode), 10)


def test_it_is_always_in_agreement(snapshots: list[Snapshot]) -> None:
    assert RowSearch().agreement() == Agreement(2, 2, 0)
    assert RowSearch().passages(Asked.of("a", SearchMode.DEEP), [snapshots[0].timestamp]) == {}
