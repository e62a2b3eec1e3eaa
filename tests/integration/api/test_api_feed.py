from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from pagekeep.api.rss import feed
from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.config.load import settings as own_settings
from pagekeep.services.add_urls import add_urls

FEED = "/api/v1/core/snapshots.rss"
pytestmark = pytest.mark.django_db


def items(response: Any) -> list[Element]:
    assert response.status_code == 200
    return fromstring(response.content).findall("channel/item")  # noqa: S314  # our own


def urls(response: Any) -> list[str]:
    return [str(item.findtext("title")) for item in items(response)]


def test_a_feed(api: Client, queued: list[str], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Snapshot.objects.filter(pk=queued[2]).update(
        title="A <b>title</b> & \x0b\ufffe more", status="failed", retry_at=None
    )
    api.get(FEED)  # notes once when the token was used
    with django_assert_num_queries(3):  # the token, the snapshots, their tags
        response = api.get(FEED)
    assert response.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = fromstring(response.content)  # noqa: S314  # our own
    assert (root.tag, root.attrib) == ("rss", {"version": "2.0"})
    channel = root.find("channel")
    assert channel is not None
    assert channel.findtext("link") == "http://localhost/"
    assert channel.findtext("title")
    assert channel.findtext("description")
    found = items(response)
    snapshots = [Snapshot.objects.get(pk=pk) for pk in reversed(queued)]
    assert [item.findtext("guid") for item in found] == [f"urn:uuid:{snapshot.pk}" for snapshot in snapshots]
    assert {str(item.find("guid").get("isPermaLink")) for item in found} == {"false"}  # type: ignore[union-attr]
    assert found[0].findtext("title") == "A <b>title</b> &  more"
    assert found[1].findtext("title") == "https://example.org/two"
    assert found[0].findtext("link") == f"http://localhost/snapshot/{queued[2]}/"
    assert [category.text for category in found[0].findall("category")] == ["News"]
    published = parsedate_to_datetime(str(found[0].findtext("pubDate")))
    assert published == snapshots[0].bookmarked_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, 3),
        ({"limit": "2"}, 2),
        ({"limit": "100000"}, 3),
        ({"created_by": "keeper"}, 3),
        ({"created_by": "nobody"}, 0),
        ({"created_by": "", "crawl_id": "", "before": ""}, 3),
        ({"before": "2020-01-01T00:00:00Z"}, 0),
        ({"before": "2100-01-01"}, 3),
        ({"tag": "news"}, 3),
        ({"tag": "other"}, 0),
        ({"search": "EXAMPLE.ORG"}, 1),
        ({"status": "failed"}, 0),
        ({"domain": "example.net"}, 1),
    ],
)
def test_filters(api: Client, queued: list[str], query: dict[str, str], found: int) -> None:
    assert len(items(api.get(FEED, query))) == found


def test_a_crawl_and_pages_of_older_ones(api: Client, queued: list[str], keeper: User) -> None:
    crawl = add_urls(["https://example.com/other"], user=keeper).crawl
    assert urls(api.get(FEED, {"crawl_id": str(crawl.pk)})) == ["https://example.com/other"]
    assert len(urls(api.get(FEED, {"crawl_id": Crawl.objects.earliest("created_at").pk.hex}))) == 3
    moment = Snapshot.objects.get(pk=queued[1]).bookmarked_at.isoformat()
    assert urls(api.get(FEED, {"before": moment})) == ["https://example.com/one"]
    assert api.get(FEED, {"crawl_id": "ffff"}).status_code == 404


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"before": "soon"}, {"status": "bogus"}])
def test_bad_parameters(api: Client, query: dict[str, str]) -> None:
    assert api.get(FEED, query).status_code == 400


def test_the_key_is_never_repeated(stranger: Client, token: str, queued: list[str]) -> None:
    response = stranger.get(f"{FEED}?api_key={token}&search=example")
    assert len(items(response)) == 3
    assert token not in response.content.decode()
    assert token not in str(response.headers)
    assert stranger.get(FEED).status_code == 403


def test_secrets_and_markup_of_urls_stay_out(api: Client, keeper: User) -> None:
    add_urls(["https://me:secret@example.com/?<script>alert(1)</script>"], user=keeper)
    content = api.get(FEED).content.decode()
    assert "secret" not in content
    assert "&amp;lt;script&amp;gt;" in content


def test_links_are_those_people_use(api: Client, queued: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = items(api.get(FEED, headers={"Host": "archive.localhost:8123"}))
    assert str(found[0].findtext("link")).startswith("http://archive.localhost:8123/snapshot/")
    public = own_settings().model_copy(update={"base_url": "https://archive.example.org"})
    monkeypatch.setattr("pagekeep.api.rss.settings", lambda: public)
    found = items(api.get(FEED))
    assert str(found[0].findtext("link")).startswith("https://archive.example.org/snapshot/")


@given(st.text(alphabet=st.characters(codec="utf-8")), st.lists(st.text(alphabet=st.characters(codec="utf-8"))))
def test_whatever_pages_call_themselves_the_feed_is_xml(title: str, tags: list[str]) -> None:
    moment = datetime(2026, 11, 23, 20, tzinfo=UTC)
    row = {
        "id": "0199c0de-0000-7000-8000-000000000002",
        "url": f"https://example.com/{title}",
        "title": title,
        "tags": tags,
        "status": "succeeded",
        "bookmarked_at": moment,
        "modified_at": moment,
    }
    root = fromstring(feed(title, "https://archive.example/", [row]))  # noqa: S314  # our own
    assert len(root.findall("channel/item/category")) == len(tags)
    assert root.findtext("channel/item/pubDate") == "Mon, 23 Nov 2026 20:00:00 GMT"
