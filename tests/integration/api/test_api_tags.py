import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from pagekeep.api.schemas.tag_cards import TagSearchResponseSchema
from pagekeep.api.schemas.tags import PagedTagSchema, TagSchema
from pagekeep.archive.models import ArchiveResult, Snapshot, Tag
from pagekeep.config.load import settings as own_settings
from pagekeep.domain.errors import BadInput
from pagekeep.services import tagged_snapshots
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.tagging import clean_name, clean_names

CORE = "/api/v1/core"
pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged(keeper: User) -> list[str]:
    """Ids of four snapshots, oldest first: all are News, two are Größe 10 as well."""
    first = add_urls(["https://example.com/one", "https://example.com/two"], user=keeper, tags=["News"])
    second = add_urls(
        ["https://example.com/three", "https://example.com/four"], user=keeper, tags=["news", "Größe 10", "C++"]
    )
    return [str(snapshot.pk) for snapshot in (*first.snapshots, *second.snapshots)]


def post(api: Client, path: str, body: dict[str, Any]) -> Any:
    return api.post(f"{CORE}{path}", body, content_type="application/json")


def names(response: Any) -> list[str]:
    return [item["name"] for item in response.json()["items"]]


def tag(name: str) -> Tag:
    return Tag.objects.get(name=name)


def streamed(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_the_list(api: Client, tagged: list[str], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    api.get(f"{CORE}/tags")  # notes once when the token was used
    with django_assert_num_queries(3):  # the token, the total, the page
        content = api.get(f"{CORE}/tags").json()
    PagedTagSchema.model_validate(content)
    first = content["items"][-1]
    assert list(first) == list(TagSchema.model_fields)
    assert (first["name"], first["slug"], first["num_snapshots"], first["snapshots"]) == ("News", "news", 4, [])
    assert first["created_by_username"] == "keeper"
    assert {item["name"]: item["num_snapshots"] for item in content["items"]} == {"News": 4, "Größe 10": 2, "C++": 2}
    assert {item["slug"] for item in content["items"]} == {"news", "größe-10", "c"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "größe 10"}, ["Größe 10"]),
        ({"slug": "größe-10"}, ["Größe 10"]),
        ({"search": "RÖSS"}, ["Größe 10"]),
        ({"search": "e"}, ["Größe 10", "News"]),
        ({"created_by": "keeper", "sort": "name"}, ["C++", "Größe 10", "News"]),
        ({"created_by": "nobody"}, []),
        ({"created_by_username": "keeper", "sort": "-num_snapshots", "limit": "1"}, ["News"]),
        ({"created_by_id": "999"}, []),
        ({"year": "1999"}, []),
        ({"has_snapshots": "no"}, []),
        ({"sort": "name", "limit": "1", "page": "1"}, ["Größe 10"]),
    ],
)
def test_filters(api: Client, tagged: list[str], query: dict[str, str], found: list[str]) -> None:
    assert names(api.get(f"{CORE}/tags", query)) == found


@pytest.mark.parametrize(
    "query",
    [{"sort": "colour"}, {"has_snapshots": "maybe"}, {"year": "26"}, {"created_by_id": "me"}, {"limit": "0"}],
)
def test_bad_filters(api: Client, query: dict[str, str]) -> None:
    response = api.get(f"{CORE}/tags", query)
    assert response.status_code == 400
    assert next(iter(query)) in response.json()["errors"][0]


def test_counts_follow_whatever_happens_to_snapshots(api: Client, tagged: list[str], keeper: User) -> None:
    def count(name: str = "News") -> int:
        return tag(name).num_snapshots

    remove_snapshots([Snapshot.objects.get(pk=tagged[0]).pk], delete=False)
    assert count() == 3
    api.patch(f"{CORE}/snapshot/{tagged[1]}", {"tags": ["Other"]}, content_type="application/json")
    assert (count(), count("Other")) == (2, 1)
    api.patch(f"{CORE}/snapshot/{tagged[0]}", {"tags": []}, content_type="application/json")
    assert count() == 2  # the hidden one had been counted off before
    remove_snapshots([Snapshot.objects.get(pk=tagged[3]).pk])
    assert (count(), count("C++")) == (1, 1)
    add_urls(["https://example.com/one"], user=keeper, tags=["NEWS"], only_new=False)
    assert count() == 2
    listed = api.get(f"{CORE}/snapshots", {"tag": "News"}).json()["total_items"]
    assert listed == 2


def test_one_tag_by_id_name_or_slug(api: Client, tagged: list[str]) -> None:
    news = tag("News")
    for reference in (str(news.pk), "News", "nEWS", "news"):
        content = api.get(f"{CORE}/tag/{reference}").json()
        TagSchema.model_validate(content)
        assert content["id"] == news.pk
        assert [item["id"] for item in content["snapshots"]] == tagged[::-1]
    assert api.get(f"{CORE}/tag/größe-10").json()["name"] == "Größe 10"
    without = api.get(f"{CORE}/tag/{news.pk}", {"with_snapshots": "false"}).json()
    assert (without["snapshots"], without["num_snapshots"]) == ([], 4)


def test_a_number_is_an_id_first_and_a_slug_may_fit_several(api: Client, tagged: list[str]) -> None:
    year = post(api, "/tags/create/", {"name": "2024"}).json()["tag_id"]
    assert api.get(f"{CORE}/tag/2024").json()["id"] == year
    assert api.get(f"{CORE}/tag/{year}").json()["name"] == "2024"
    post(api, "/tags/create/", {"name": "C#"})
    ambiguous = api.get(f"{CORE}/tag/c")
    assert ambiguous.status_code == 400
    assert "fits 2 tags" in ambiguous.json()["errors"][0]
    assert api.get(f"{CORE}/tag/c%23").json()["name"] == "C#"


@pytest.mark.parametrize("reference", ["0", "999999", "9" * 400, "nothing", "%00", "' OR 1=1 --", "%F0%9F%8C%B3"])
@pytest.mark.parametrize("rest", ["", "/urls.txt", "/snapshots.jsonl"])
def test_unknown_tags(api: Client, tagged: list[str], reference: str, rest: str) -> None:
    assert api.get(f"{CORE}/tag/{reference}{rest}").status_code in ((404,) if not rest else (400, 404))
    assert api.delete(f"{CORE}/tag/{reference}").status_code in (400, 404)


def test_create_is_idempotent(api: Client, keeper: User) -> None:
    first = post(api, "/tags/create/", {"name": "  Größe   10 "})
    assert first.json() == {
        "success": True,
        "tag_id": first.json()["tag_id"],
        "tag_name": "Größe   10",
        "created": True,
    }
    again = post(api, "/tags/create/", {"name": "GRÖSSE   10"})
    assert again.json() == {**first.json(), "created": False}
    assert Tag.objects.get().created_by == keeper


@pytest.mark.parametrize("name", ["", "   ", "a,b", ",", "x" * 256, "a\0b", "a\x1bb", 7, None])
def test_names_that_no_tag_can_have(api: Client, tagged: list[str], name: object) -> None:
    news = tag("News")
    bodies = [
        ("/tags/create/", {"name": name}),
        (f"/tag/{news.pk}/rename", {"name": name}),
        ("/tags/add-to-snapshot/", {"snapshot_id": tagged[0], "tag_name": name}),
        ("/tags/remove-from-snapshot/", {"snapshot_id": tagged[0], "tag_name": name}),
    ]
    for path, body in bodies:
        assert post(api, path, body).status_code == 400, path
    assert Tag.objects.count() == 3


@given(st.lists(st.text()))
def test_one_rule_for_names(given_names: list[str]) -> None:
    try:
        kept = clean_names(given_names)
    except BadInput:
        return
    assert clean_names(kept) == kept == clean_names([",".join(kept)])
    assert len({name.casefold() for name in kept}) == len(kept)
    assert [clean_name(name) for name in kept] == kept


def test_a_comma_separates_names_everywhere(api: Client, tagged: list[str]) -> None:
    content = api.patch(f"{CORE}/snapshot/{tagged[0]}", {"tags": ["a, b", "B"]}, content_type="application/json").json()
    assert content["tags"] == ["a", "b"]


def test_rename(api: Client, tagged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tagged_snapshots, "BATCH", 2)
    news, before = tag("News"), dict(Snapshot.objects.values_list("pk", "modified_at"))
    response = post(api, f"/tag/{news.pk}/rename", {"name": "Old News"})
    assert response.json() == {"success": True, "tag_id": news.pk, "tag_name": "Old News"}
    after = Tag.objects.get(pk=news.pk)
    assert (after.name, after.key, after.slug, after.num_snapshots) == ("Old News", "old news", "old-news", 4)
    assert after.modified_at > news.modified_at
    assert all(modified > before[pk] for pk, modified in Snapshot.objects.values_list("pk", "modified_at"))
    assert post(api, f"/tag/{news.pk}/rename", {"name": "OLD news"}).json()["tag_name"] == "OLD news"
    taken = post(api, f"/tag/{news.pk}/rename", {"name": "GRÖSSE 10"})
    assert taken.status_code == 400
    assert "Größe 10" in taken.json()["errors"][0]
    assert post(api, "/tag/999999/rename", {"name": "x"}).status_code == 404


@pytest.mark.parametrize("batch", [1, 2, 4, 5])
def test_delete(api: Client, tagged: list[str], monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(tagged_snapshots, "BATCH", batch)
    news, before = tag("News"), dict(Snapshot.objects.values_list("pk", "modified_at"))
    response = api.delete(f"{CORE}/tag/{news.pk}")
    assert response.json() == {"success": True, "tag_id": news.pk, "deleted_count": 1}
    assert names(api.get(f"{CORE}/tags", {"sort": "name"})) == ["C++", "Größe 10"]
    assert api.get(f"{CORE}/snapshot/{tagged[3]}").json()["tags"] == ["C++", "Größe 10"]
    assert all(modified > before[pk] for pk, modified in Snapshot.objects.values_list("pk", "modified_at"))
    assert api.delete(f"{CORE}/tag/{news.pk}").status_code == 404


def test_put_on_and_take_off(api: Client, tagged: list[str]) -> None:
    before = Snapshot.objects.get(pk=tagged[0])
    put = post(api, "/tags/add-to-snapshot/", {"snapshot_id": before.timestamp, "tag_name": "größe 10"})
    assert put.json() == {"success": True, "tag_id": tag("Größe 10").pk, "tag_name": "Größe 10"}
    new = post(api, "/tags/add-to-snapshot/", {"snapshot_id": before.pk.hex, "tag_name": "Brand new"}).json()
    after = Snapshot.objects.get(pk=tagged[0])
    assert sorted(after.tags.values_list("name", flat=True)) == ["Brand new", "Größe 10", "News"]
    assert after.modified_at > before.modified_at
    again = post(api, "/tags/add-to-snapshot/", {"snapshot_id": tagged[0], "tag_id": new["tag_id"]})
    assert again.json()["tag_name"] == "Brand new"
    assert Snapshot.objects.get(pk=tagged[0]).modified_at == after.modified_at
    body = {"snapshot_id": tagged[0], "tag_id": new["tag_id"]}
    assert post(api, "/tags/remove-from-snapshot/", body).json()["success"] is True
    assert post(api, "/tags/remove-from-snapshot/", body).status_code == 200
    assert api.get(f"{CORE}/snapshot/{tagged[0]}").json()["tags"] == ["Größe 10", "News"]
    for body in ({"snapshot_id": tagged[0], "tag_name": "None such"}, {"snapshot_id": tagged[0], "tag_id": 2**62}):
        assert post(api, "/tags/remove-from-snapshot/", body).status_code == 404
    assert post(api, "/tags/add-to-snapshot/", {"snapshot_id": "0199ffff", "tag_name": "x"}).status_code == 404
    assert post(api, "/tags/add-to-snapshot/", {"snapshot_id": tagged[0]}).status_code == 400


def test_exports(api: Client, tagged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.archive.tag_queries.BATCH", 3)
    news = tag("News")
    response = api.get(f"{CORE}/tag/{news.pk}/urls.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    urls = [f"https://example.com/{name}" for name in ("four", "three", "two", "one")]
    assert streamed(response).decode().splitlines() == urls
    response = api.get(f"{CORE}/tag/{news.pk}/snapshots.jsonl")
    assert response.headers["Content-Type"] == "application/x-ndjson"
    objects = [json.loads(line) for line in streamed(response).splitlines()]
    assert [item["url"] for item in objects] == urls
    single = api.get(f"{CORE}/snapshot/{objects[0]['id']}", {"with_archiveresults": "false"}).json()
    assert objects[0] == single
    remove_snapshots([Snapshot.objects.get(pk=tagged[3]).pk], delete=False)
    assert streamed(api.get(f"{CORE}/tag/{news.pk}/urls.txt")).decode().splitlines() == urls[1:]
    empty = post(api, "/tags/create/", {"name": "empty"}).json()["tag_id"]
    assert streamed(api.get(f"{CORE}/tag/{empty}/urls.txt")) == b""


@pytest.mark.parametrize("name", ["urls.txt", "snapshots.jsonl"])
def test_head_of_a_stream(
    api: Client, tagged: list[str], name: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    path = f"{CORE}/tag/{tag('News').pk}/{name}"
    api.get(f"{CORE}/tags")  # notes once when the token was used
    with django_assert_num_queries(2):
        head = api.head(path)
        assert streamed(head) == b""
    assert head.headers["Content-Type"] == api.get(path).headers["Content-Type"]
    assert "Content-Length" not in head.headers


def test_cards(api: Client, tagged: list[str], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ArchiveResult.objects.create(
        snapshot_id=tagged[3],
        plugin="favicon",
        status="succeeded",
        output_files={"favicon.ico": {"size": 3, "mimetype": "image/x-icon", "extension": "ico", "sha256": "00"}},
        created_at="2026-01-01T00:00Z",
    )
    api.get(f"{CORE}/tags")  # notes once when the token was used
    with django_assert_num_queries(5):  # the token, the tags, links, icons, snapshots
        content = api.get(f"{CORE}/tags/search/", {"q": "E", "sort": "name_asc"}).json()
    TagSearchResponseSchema.model_validate(content)
    assert {key: content[key] for key in content if key != "tags"} == {
        "sort": "name_asc",
        "created_by": "",
        "year": "",
        "has_snapshots": "all",
    }
    assert [card["name"] for card in content["tags"]] == ["Größe 10", "News"]
    card, news = content["tags"][0], tag("News").pk
    assert card["filter_url"] == "/?tag=Gr%C3%B6%C3%9Fe+10"
    assert content["tags"][1] | {"snapshots": []} == {
        "id": news,
        "name": "News",
        "slug": "news",
        "num_snapshots": 4,
        "filter_url": "/?tag=News",
        "edit_url": f"/admin/archive/tag/{news}/change/",
        "export_urls_url": f"{CORE}/tag/{news}/urls.txt",
        "export_jsonl_url": f"{CORE}/tag/{news}/snapshots.jsonl",
        "rename_url": f"{CORE}/tag/{news}/rename",
        "delete_url": f"{CORE}/tag/{news}",
        "snapshots": [],
    }
    assert [shown["id"] for shown in card["snapshots"]] == [tagged[3], tagged[2]]
    assert card["snapshots"][0] == {
        "id": tagged[3],
        "title": "",
        "url": "https://example.com/four",
        "favicon_url": f"/snapshot/{tagged[3]}/favicon/favicon.ico",
        "admin_url": f"/admin/archive/snapshot/{tagged[3]}/change/",
        "archive_url": f"/snapshot/{tagged[3]}/",
        "downloaded_at": None,
    }
    assert card["snapshots"][1]["favicon_url"] == ""
    for path in ("filter_url", "edit_url", "export_urls_url", "export_jsonl_url"):
        assert api.get(card[path]).status_code in (200, 302)


@pytest.mark.parametrize(
    ("query", "status", "number"),
    [
        ({}, 200, 3),
        ({"q": "", "sort": "", "created_by": "", "year": "", "has_snapshots": ""}, 200, 3),
        ({"has_snapshots": "no"}, 200, 0),
        ({"has_snapshots": "yes", "sort": "count_desc", "limit": "1"}, 200, 1),
        ({"created_by": "keeper", "limit": "9999"}, 200, 3),
        ({"created_by": "999"}, 200, 0),
        ({"year": "1999"}, 200, 0),
        ({"sort": "best"}, 400, 0),
        ({"year": "x"}, 400, 0),
        ({"has_snapshots": "2"}, 400, 0),
    ],
)
def test_card_filters(api: Client, tagged: list[str], query: dict[str, str], status: int, number: int) -> None:
    response = api.get(f"{CORE}/tags/search/", query)
    assert response.status_code == status
    assert len(response.json().get("tags", [])) == number


def test_suggestions_need_a_token_unless_the_index_is_public(
    api: Client, stranger: Client, tagged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"{CORE}/tags/autocomplete/"
    news = {"id": tag("News").pk, "name": "News", "slug": "news", "num_snapshots": 4}
    assert api.get(path, {"q": "nEW"}).json() == {"tags": [news]}
    assert stranger.get(path).status_code == 403
    public = own_settings().model_copy(update={"public_index": True})
    monkeypatch.setattr("pagekeep.api.auth.settings", lambda: public)
    assert [found["name"] for found in stranger.get(path).json()["tags"]] == ["News", "C++", "Größe 10"]
    assert stranger.get(path, headers={"X-ArchiveBox-API-Key": "0" * 32}).status_code == 200
    assert stranger.get(f"{CORE}/tags").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/tags", "read"),
        ("get", "/tags/search/", "read"),
        ("get", "/tag/1", "read"),
        ("post", "/tags/create/", "add"),
        ("post", "/tag/1/rename", "admin"),
        ("delete", "/tag/1", "admin"),
        ("post", "/tags/add-to-snapshot/", "admin"),
        ("post", "/tags/remove-from-snapshot/", "admin"),
    ],
)
def test_scopes(keeper: User, stranger: Client, method: str, path: str, scope: str) -> None:
    for given_scope in ("read", "add", "admin"):
        token = issue_token(keeper, scopes=[given_scope])[1]
        response = stranger.generic(method.upper(), f"{CORE}{path}", headers={"X-ArchiveBox-API-Key": token})
        assert (response.status_code != 403) == (given_scope in (scope, "admin"))


@pytest.mark.parametrize("path", ["/tags/search", "/tags/autocomplete", "/tags/create", "/tags/add-to-snapshot"])
def test_helpers_end_in_a_slash(api: Client, path: str) -> None:
    assert api.get(f"{CORE}{path}").status_code == 404
    assert api.post(f"{CORE}{path}").status_code == 404
