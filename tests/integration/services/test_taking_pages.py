"""Which of the pages it finds a crawl takes, and that each is counted once."""

import threading
from collections.abc import Callable, Mapping

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from pagekeep.archive.crawl_queries import account_of, refusals_by_rule
from pagekeep.archive.models import Crawl, CrawlRefusal, Snapshot
from pagekeep.config.load import settings
from pagekeep.crawl.identity import identity_of
from pagekeep.services.add_urls import add_urls, new_snapshots
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.take_pages import take_pages

pytestmark = pytest.mark.django_db(transaction=True)

HOME = "https://www.example.com/docs/index.html"


def crawl(*seeds: str, **options: object) -> Crawl:
    return add_urls(seeds or [HOME], user=None, depth=2, **options).crawl  # type: ignore[arg-type]


def take(crawl: Crawl, *links: str) -> list[str]:
    before = set(Snapshot.objects.values_list("pk", flat=True))
    with transaction.atomic():
        number = take_pages(crawl, links, 1)
    found = list(Snapshot.objects.exclude(pk__in=before).order_by("retry_at").values_list("url", flat=True))
    assert len(found) == number
    return found


def rules(crawl: Crawl) -> Mapping[str, int]:
    crawl.refresh_from_db()
    found = refusals_by_rule(crawl.pk)
    assert sum(found.values()) == crawl.num_refused
    return found


def test_a_page_is_taken_once_however_it_is_spelt() -> None:
    own = crawl()
    links = ["https://example.com/a?utm_source=feed&x=1#top", "https://EXAMPLE.com:443/%61?x=1", f"{HOME}#end"]
    assert take(own, *links) == ["https://example.com/a?x=1"]
    assert take(own, *links, "https://example.com/a?x=1&PHPSESSID=1") == []
    assert rules(own) == {}


def test_where_redirects_led_is_known() -> None:
    own = crawl()
    snapshot = Snapshot.objects.get()
    snapshot.final_url = "https://example.com/new#part"
    snapshot.save()
    assert take(own, "https://example.com/new") == []
    snapshot.final_url = f"{HOME}?"
    snapshot.save()
    assert snapshot.final_identity == ""
    assert take(own, "https://example.com/new") == ["https://example.com/new"]


@pytest.mark.parametrize(
    ("scope", "taken"),
    [
        ("page", 1),
        ("prefix", 2),
        ("host", 3),
        ("domain", 4),
        ("any", 5),
    ],
)
def test_a_crawl_stays_in_its_scope(scope: str, taken: int) -> None:
    own = crawl(config={"CRAWL_SCOPE": scope.upper()})
    links = [
        f"{HOME}#/part",
        "http://www.example.com/docs/a",
        "https://www.example.com/blog",
        "https://shop.example.com/",
        "https://example.org/",
    ]
    assert take(own, *links) == links[:taken]
    assert rules(own) == ({"out_of_scope": 5 - taken} if taken < 5 else {})


def test_where_a_seed_was_sent_on_to_is_in_scope() -> None:
    own = crawl("https://example.com/", config={"CRAWL_SCOPE": "host"})
    assert take(own, "https://www.example.com/a") == []
    seed = Snapshot.objects.get()
    seed.final_url = "https://www.example.com/"
    seed.save()
    assert take(own, "https://www.example.com/a") == ["https://www.example.com/a"]
    assert rules(own) == {}  # it was refused, and is taken after all


@pytest.mark.parametrize("scope", ["everything", 7, None])
def test_an_unknown_scope_is_refused(scope: object) -> None:
    with pytest.raises(Exception, match=r"CRAWL_SCOPE .* allowed are page, prefix, host, domain, any"):
        crawl(config={"CRAWL_SCOPE": scope})


def test_traps_are_counted_by_their_rule() -> None:
    own = crawl()
    traps = [f"https://example.com/{'x' * 2000}", "https://example.com/a/a/a/", f"https://example.com/{'a/b' * 30}"]
    assert take(own, *traps, "mailto:me@example.com", "https://example.com/a/a") == ["https://example.com/a/a"]
    assert rules(own) == {"not_a_url": 1, "repeating_path": 1, "too_deep": 1, "too_long": 1}


def test_a_calendar_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGEKEEP_MAX_VARIATIONS", "10")
    settings.cache_clear()
    try:
        own = crawl()
        for year in range(2000, 2010):
            take(own, *(f"https://example.com/calendar/{year}/{month:02}" for month in range(1, 13)))
            take(own, *(f"https://example.com/list?page={year}-{number}" for number in range(3)))
        take(own, *(f"https://example.com/item/{number}" for number in range(20)))
        assert Snapshot.objects.filter(url__contains="calendar").count() == 10
        assert Snapshot.objects.filter(url__contains="list").count() == 10
        assert Snapshot.objects.filter(url__contains="item").count() == 20
        assert rules(own) == {"too_many_variations": 110 + 20}
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_what_was_refused_by_a_limit_is_taken_when_there_is_room() -> None:
    own = crawl(max_urls=2)
    links = [f"https://example.com/{number}" for number in range(3)]
    assert take(own, *links) == links[:1]
    assert rules(own) == {"max_urls": 2}
    Crawl.objects.update(max_urls=3)
    own.refresh_from_db()
    assert take(own, *links) == links[1:2]
    assert rules(own) == {"max_urls": 1}
    assert CrawlRefusal.objects.get().url == links[2]


def test_a_crawl_takes_no_more_than_it_may_however_many_add_to_it() -> None:
    own = crawl(max_urls=50)

    def add(number: int) -> None:
        try:
            for part in range(5):
                with transaction.atomic():
                    locked = Crawl.objects.select_for_update().get(pk=own.pk)
                    take_pages(locked, [f"https://example.com/{number}/{part}/{link}" for link in range(5)], 1)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Snapshot.objects.count() == 50
    assert rules(own) == {"max_urls": 101}
    account = account_of(own.pk)
    assert (account.seen, account.pages, account.refused) == (151, {"queued": 50}, {"max_urls": 101})


def test_a_hundred_links_cost_the_same_in_a_small_crawl_and_in_a_large_one() -> None:
    own = crawl(config={"CRAWL_SCOPE": "domain", "OBEY_ROBOTS": True})
    links = [f"https://example.com/new/{number}" for number in range(100)]

    def cost(prefix: str) -> int:
        asked: list[tuple[str, object]] = []

        def note(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
            asked.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note), transaction.atomic():
            assert take_pages(own, [f"{prefix}{link}" for link in links], 1) == 100
        for sql, params in asked:
            if sql.startswith("SELECT") and "archive_snapshot" in sql:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)  # type: ignore[arg-type]
                    plan = [row[3] for row in cursor.fetchall() if "archive_snapshot" in row[3]]
                # By the crawl and what is asked for, or by what is unique: never all pages of the crawl.
                assert all("(crawl_id=? AND " in step or "(timestamp" in step for step in plan), (sql, plan)
        return len(asked)

    cost("https://example.com/?")  # what the seeds come to is remembered from here on
    small = cost("https://a.example.com/?")
    with transaction.atomic():
        new_snapshots(own, [f"https://example.com/old/{number}" for number in range(20_000)], "queued", depth=1)  # type: ignore[arg-type]
        refuse_urls(own, [])
    assert cost("https://b.example.com/?") == small


def test_snapshots_of_former_versions_are_known_too() -> None:
    call_command("migrate", "archive", "0010", verbosity=0)
    former = MigrationExecutor(connection).loader.project_state([("archive", "0010_tags_by_hand")]).apps
    now = timezone.now()
    old = former.get_model("archive", "Crawl").objects.create(created_at=now, urls=HOME, max_depth=1)
    fields = {"crawl": old, "created_at": now, "bookmarked_at": now, "status": "succeeded"}
    snapshots = former.get_model("archive", "Snapshot").objects
    snapshots.create(url=HOME, timestamp="1.0", final_url="https://example.com/there", **fields)
    snapshots.create(url="https://example.com/list?a=1#x", timestamp="2.0", depth=1, **fields)
    refusals = former.get_model("archive", "CrawlRefusal").objects
    refusals.create(crawl=old, url="ftp://a", rule="not_a_url", reason="No.", created_at=now)
    call_command("migrate", verbosity=0)
    for snapshot in Snapshot.objects.all():
        filled = (snapshot.identity, snapshot.final_identity, snapshot.family)
        snapshot.save()
        assert filled == (snapshot.identity, snapshot.final_identity, snapshot.family)
    assert Snapshot.objects.exclude(final_identity="").get().final_identity == identity_of("https://example.com/there")
    assert refusals_by_rule(old.pk) == {"not_a_url": 1}
    assert take(Crawl.objects.get(), "https://example.com/list?a=1", "https://example.com/there") == []
