from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from pagekeep.api.schemas.cli import AddCommandSchema
from pagekeep.archive.models import Crawl, Snapshot

ADD = "/api/v1/cli/add"
GOOD = "https://example.com/page"
pytestmark = pytest.mark.django_db


def add(client: Client, **body: Any) -> Any:
    return client.post(ADD, {"urls": [GOOD], **body}, content_type="application/json")


def result(client: Client, **body: Any) -> dict[str, Any]:
    response = add(client, **body)
    assert response.status_code == 200, response.content
    content = response.json()
    assert set(content) == {"success", "errors", "result", "result_format", "stdout", "stderr"}
    assert (content["success"], content["errors"]) == (True, [])
    found: dict[str, Any] = content["result"]
    assert found["num_snapshots"] == len(found["snapshot_ids"]) == len(found["queued_urls"])
    return found


def test_urls_are_queued_and_echoed_byte_for_byte(api: Client) -> None:
    sent = ["https://example.com/ä?b=%C3%A4&c", "  HTTPS://Example.com:443/../x#y ", GOOD, GOOD]
    found = result(api, urls=sent, tag="One, two words ,")
    assert found["queued_urls"] == sent[:3]
    assert found["refused"] == []
    crawl = Crawl.objects.get()
    assert found["crawl_id"] == str(crawl.pk)
    assert crawl.created_by is not None
    assert crawl.created_by.username == "keeper"
    snapshots = Snapshot.objects.in_bulk(found["snapshot_ids"])
    assert {snapshot.status for snapshot in snapshots.values()} == {"queued"}
    assert {tag.name for snapshot in snapshots.values() for tag in snapshot.tags.all()} == {"One", "two words"}


def test_what_is_said_beside_the_answer(api: Client) -> None:
    response = add(api, urls=[GOOD, "ftp://example.com/"], snapshot_ids=["x"])
    content = response.json()
    assert content["stdout"] == response.headers["X-ArchiveBox-Stdout"]
    assert "Queued 1 snapshot" in content["stdout"]
    assert "ftp" in content["stderr"]
    assert "snapshot_ids" in content["stderr"]
    assert len(response.headers["X-ArchiveBox-Stderr"]) <= 200


@pytest.mark.parametrize(
    "bad",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "/etc/passwd",
        "../x",
        "; rm -rf /",
        "$(reboot)",
        "`reboot`",
        "--help",
        "",
        "   ",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "https://example.com:99999/",
        "https://example.com/\x00",
        "https://[::1/",
        "https://example.com/" + "x" * 20_000,
    ],
)
def test_what_is_no_web_address_never_becomes_a_snapshot(api: Client, bad: str) -> None:
    found = result(api, urls=[bad, GOOD])
    assert found["queued_urls"] == [GOOD]
    (refused,) = found["refused"]
    assert refused["url"] == bad
    assert refused["reason"].endswith(".")
    assert [snapshot.url for snapshot in Snapshot.objects.all()] == [GOOD]
    alone = add(api, urls=[bad])
    assert alone.status_code == 400
    assert alone.json()["message"].startswith("ValidationError: ")
    assert Snapshot.objects.count() == 1
    assert Crawl.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"urls": []},
        {"depth": 5},
        {"depth": -1},
        {"plugins": "bogus"},
        {"extractors": "bogus"},
        {"parser": "rss"},
        {"persona": "Somebody"},
        {"tag": "x" * 300},
    ],
)
def test_what_is_refused(api: Client, body: dict[str, Any]) -> None:
    response = add(api, **body)
    assert response.status_code == 400
    assert response.json()["errors"][0]
    assert not Crawl.objects.exists()


@pytest.mark.parametrize("depth", range(5))
def test_depths(api: Client, depth: int) -> None:
    result(api, depth=depth)
    assert Crawl.objects.get().max_depth == depth


@pytest.mark.parametrize(
    ("body", "plugins"),
    [
        ({}, []),
        ({"plugins": "pdf,title"}, ["title", "pdf"]),
        ({"extractors": "pdf, title"}, ["title", "pdf"]),
        ({"extractors": ["pdf"]}, ["pdf"]),
        ({"plugins": "dom", "extractors": "pdf"}, ["dom"]),
    ],
)
def test_plugins(api: Client, body: dict[str, Any], plugins: list[str]) -> None:
    result(api, **body)
    assert Crawl.objects.get().plugins == plugins


@pytest.mark.parametrize(
    "body",
    [
        {"parser": "auto"},
        {"parser": ""},
        {"parser": "url_list"},
        {"persona": "Default"},
        {"persona": "default"},
        {"persona": ""},
        dict.fromkeys(("update_all", "init", "formattedTags"), True),
        {"formattedTags": ["a", "b"], "init": None},
    ],
)
def test_old_fields_are_accepted(api: Client, body: dict[str, Any]) -> None:
    response = add(api, **body)
    assert response.status_code == 200
    assert response.json()["stderr"] == ""
    assert Crawl.objects.get().persona == "Default"


def test_every_field_of_the_schema_is_known(api: Client) -> None:
    defaults = {
        name: field.get_default() for name, field in AddCommandSchema.model_fields.items() if not field.is_required()
    }
    response = add(api, **defaults)
    assert response.status_code == 200
    assert response.headers["X-ArchiveBox-Stderr"] == ""


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({}, 2),
        ({"only_new": None}, 2),
        ({"only_new": False}, 2),
        ({"only_new": True}, 1),
        ({"only_new": True, "update": True}, 1),
        ({"overwrite": True}, 2),
    ],
)
def test_a_known_url(api: Client, body: dict[str, Any], number: int) -> None:
    result(api)
    found = result(api, **body)
    assert Snapshot.objects.count() == number
    assert len(found["queued_urls"]) == number - 1
    assert found["refused"] == []


def test_a_url_passed_over_is_told(api: Client) -> None:
    result(api)
    assert "1 " in add(api, only_new=True).json()["stderr"]


def test_index_only_pauses(api: Client) -> None:
    result(api, index_only=True)
    assert Snapshot.objects.get().status == "paused"


def test_nothing_from_the_wire_opens_private_addresses(api: Client) -> None:
    response = add(api, allow_private=["127.0.0.1"], config={"ALLOW_PRIVATE": "127.0.0.1"})
    assert "allow_private" in response.headers["X-ArchiveBox-Stderr"]
    assert Crawl.objects.get().allow_private == []


@pytest.mark.django_db(transaction=True)
def test_four_at_once_all_succeed(api: Client, token: str) -> None:
    def one(number: int) -> int:
        client = Client(SERVER_NAME="localhost", headers={"X-ArchiveBox-API-Key": token})
        try:
            status: int = add(client, urls=[f"{GOOD}/{number}/{index}" for index in range(25)], tag="same").status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(4))) == [200] * 4
    assert Snapshot.objects.count() == 100
    assert Snapshot.objects.values("timestamp").distinct().count() == 100
