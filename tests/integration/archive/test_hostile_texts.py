"""What pages and clients send is kept as far as the database can hold it; no text breaks a capture."""

import pytest

from pagekeep.archive.models import ArchiveResult, CrawlRefusal, Snapshot
from pagekeep.crawl.refusal import Refusal
from pagekeep.domain.ids import new_id
from pagekeep.domain.urls import MAX_URL_LENGTH
from pagekeep.services.add_urls import add_urls
from pagekeep.services.record_result import put_results
from pagekeep.services.refuse_urls import refuse_urls

pytestmark = pytest.mark.django_db


def test_nul_and_half_characters_are_recorded() -> None:
    (snapshot,) = add_urls(["https://example.com/"], user=None).snapshots
    Snapshot.objects.filter(pk=snapshot.pk).update(title="a\0b", reason="\0")
    details = {"k\0": ["\ud800", {"deep": "x\0y"}, 1, None, "\\u0000"]}
    put_results(snapshot.pk, {"title": {"status": "succeeded", "output_str": "\0", "output_json": details}})
    assert Snapshot.objects.get().title in ("a\0b", "a�b")
    kept = ArchiveResult.objects.get().output_json
    assert kept in (details, {"k�": ["�", {"deep": "x�y"}, 1, None, "\\u0000"]})


def test_the_longest_url_is_kept_found_and_refused() -> None:
    start = "https://example.com/?"
    # Nothing that can be made shorter: an index compresses what it holds.
    noise = "".join(new_id().hex for _ in range(MAX_URL_LENGTH // 32))
    long = (start + noise)[:MAX_URL_LENGTH]
    added = add_urls([long], user=None)
    assert Snapshot.objects.get(url=long).pk == added.snapshots[0].pk
    assert add_urls([long, "https://example.com/"], user=None, only_new=True).known == (long,)
    for _ in range(2):
        refuse_urls(added.crawl, [Refusal("ä" * 3000 + noise, "denied", "Not this one."), Refusal(noise, "denied", "")])
    assert CrawlRefusal.objects.filter(crawl=added.crawl).count() == 2
