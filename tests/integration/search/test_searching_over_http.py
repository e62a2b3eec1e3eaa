"""Search as people and clients meet it: the API, the pages, the command line's service."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from pagekeep.archive.models import Snapshot
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.wiring import search_index

LIST = "/api/v1/core/snapshots"
HOSTILE = ('"', "' OR '1'='1", "*", "NEAR(a b)", "a\x00b", "x" * 10_000, "💥", "…!?", "%", "_", "{text} :", "AND", "^a")


@pytest.fixture(autouse=True)
def _local_host(settings: object) -> None:
    settings.ALLOWED_HOSTS = [".localhost"]  # type: ignore[attr-defined]


@pytest.fixture
def keeper(db: None) -> User:
    return User.objects.create_superuser("keeper")


@pytest.fixture
def api(keeper: User) -> Client:
    token = issue_token(keeper)[1]
    return Client(SERVER_NAME="localhost", raise_request_exception=False, headers={"X-ArchiveBox-API-Key": token})


@pytest.fixture
def pages(keeper: User, client: Client) -> Client:
    client.force_login(keeper)
    client.defaults["SERVER_NAME"] = "localhost"
    return client


@pytest.fixture
def snapshots(keeper: User) -> tuple[Snapshot, ...]:
    """Three: of the second the text is kept, of the third a PDF."""
    urls = ["https://example.com/one", "https://example.org/two", "https://example.net/three"]
    added = add_urls(urls, user=keeper, tags=["News"]).snapshots
    search_index().put_text(added[1].pk, "The lighthouse keeper <script>counts</script> ships", "")
    search_index().put_text(added[2].pk, "A list of ships", "Inside the PDF: the lighthouse")
    return added


def urls_of(api: Client, **query: object) -> tuple[list[str], int]:
    answer = api.get(LIST, query)
    assert answer.status_code == 200, answer.content
    listed = answer.json()
    return [item["url"].rpartition("/")[2] for item in listed["items"]], listed["total_items"]


def test_each_mode_searches_its_own_texts(api: Client, snapshots: tuple[Snapshot, ...]) -> None:
    assert urls_of(api, search="EXAMPLE.") == (["three", "two", "one"], 3)
    assert urls_of(api, search="ews", search_mode="meta") == (["three", "two", "one"], 3)
    assert urls_of(api, search="lighthouse", search_mode="") == ([], 0)
    assert urls_of(api, search="Lighthouse", search_mode="contents") == (["two"], 1)
    assert urls_of(api, search="lighthouse ships", search_mode="deep") == (["three", "two"], 2)
    assert urls_of(api, search='"lighthouse ships"', search_mode="deep") == ([], 0)
    assert urls_of(api, search="", search_mode="contents") == (["three", "two", "one"], 3)


def test_search_is_paged_and_joins_with_filters_and_order(api: Client, snapshots: tuple[Snapshot, ...]) -> None:
    assert urls_of(api, search="example", limit=2) == (["three", "two"], 3)
    assert urls_of(api, search="example", limit=2, page=1) == (["one"], 3)
    assert urls_of(api, search="example", offset=5) == ([], 3)
    assert urls_of(api, search="example", sort="url") == (["one", "three", "two"], 3)
    assert urls_of(api, search="ships", search_mode="contents", domain="example.org") == (["two"], 1)
    assert urls_of(api, search="news", tag="news", status="queued") == (["three", "two", "one"], 3)
    assert urls_of(api, search="news", status="failed") == ([], 0)


def test_common_words_and_filters_meet_among_the_newest(
    api: Client, keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pagekeep.services.find_snapshots.FIRST_LOOK", 4)
    added = add_urls([f"https://many.test/{number}" for number in range(40)], user=keeper).snapshots
    odd = [snapshot.pk for snapshot in added[1::2]]
    Snapshot.objects.filter(pk__in=odd).update(status="sealed", retry_at=None)
    for limit in (1, 2, 5, 30):
        names, total = urls_of(api, search="many", status="sealed", limit=limit)
        assert (names, total) == ([str(number) for number in range(39, 0, -2)][:limit], 20)
    monkeypatch.setattr("pagekeep.services.find_snapshots.EXACT", 16)
    assert urls_of(api, search="many", status="sealed", limit=2) == (["39", "37"], 20)
    assert urls_of(api, search="many", status="sealed", sort="timestamp", limit=2) == (["1", "3"], 20)


def test_an_unknown_mode_is_refused_with_the_known_ones(api: Client, snapshots: tuple[Snapshot, ...]) -> None:
    for query in ({"search_mode": "bogus"}, {"search_mode": "bogus", "search": "x"}):
        answer = api.get(LIST, query)
        assert answer.status_code == 400
        assert "meta, contents, deep" in answer.json()["errors"][0]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("mode", ["meta", "contents", "deep"])
def test_no_text_is_an_error(api: Client, snapshots: tuple[Snapshot, ...], text: str, mode: str) -> None:
    urls_of(api, search=text, search_mode=mode)
    urls_of(api, search=text, search_mode=mode, status="queued")


def test_a_search_costs_the_same_statements_whatever_it_finds(
    api: Client, keeper: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    add_urls([f"https://many.test/{number}" for number in range(300)], user=keeper, tags=["many", "more"])
    for text in ("many.test", "many", "299", "m"):
        with django_assert_max_num_queries(12):
            api.get(LIST, {"search": text})


def test_the_page_shows_where_escaped(pages: Client, snapshots: tuple[Snapshot, ...]) -> None:
    shown = pages.get("/", {"search": "lighthouse", "search_mode": "contents"}).content.decode()
    assert "The <mark>lighthouse</mark> keeper &lt;script&gt;counts" in shown
    assert "1 of 3 snapshots" in shown
    assert "example.net" not in shown
    assert '<option value="contents" selected>' in shown


@pytest.mark.parametrize("page", ["", "0", "-1", "2", "999999999999", "x", "٣"])
def test_any_page_number_is_answered(pages: Client, snapshots: tuple[Snapshot, ...], page: str) -> None:
    assert b"example.com" in pages.get("/", {"search": "example", "page": page}).content
    assert pages.get("/", {"search": "example", "search_mode": "bogus"}).status_code == 400
