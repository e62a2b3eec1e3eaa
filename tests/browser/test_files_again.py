"""A file archived again: the server is asked whether it has changed, and each snapshot is whole by itself."""

import asyncio
import io
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from pagekeep.archive import queue
from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.capture.engine import Engine
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.services.add_urls import add_urls
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.run_capture import run_capture
from pagekeep.services.wiring import snapshot_files
from testsite.file_routes import LAST_MODIFIED, VALIDATED
from testsite.server import SeenRequest, TestSite

pytestmark = pytest.mark.django_db(transaction=True)
PLUGINS = ("title", "headers", "static", "har", "warc", "wacz", "hashes")
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


@pytest.fixture
def site() -> Iterator[TestSite]:
    with TestSite() as running:
        yield running


def archive(site: TestSite, path: str, times: int = 2, between: object = None, **options: object) -> list[Snapshot]:
    """Archive a URL again and again with one real engine; return its snapshots."""

    async def run() -> list[Snapshot]:
        made = []
        async with Engine() as engine:
            for turn in range(times):
                if turn and callable(between):
                    await sync_to_async(between)(made)
                given = {"plugins": PLUGINS, "allow_private": ["127.0.0.0/8"]} | options
                await sync_to_async(add_urls)([site.url(path)], user=None, **given)
                owner = uuid4()
                claimed = await sync_to_async(queue.claim)(owner, 60)
                assert claimed is not None
                await run_capture(claimed, owner, engine)
                made.append(await Snapshot.objects.aget(pk=claimed.pk))
        return made

    return asyncio.run(run())


def kept(snapshot: Snapshot, plugin: str, path: str) -> bytes:
    return b"".join(snapshot_files(snapshot.pk).open(plugin, path))


def asked(site: TestSite, path: str) -> list[SeenRequest]:
    return [request for request in site.requests if request.path == path]


def records(snapshot: Snapshot) -> list[tuple[str, str, bytes]]:
    """Type, profile and payload of each record of all WARCs of a snapshot."""
    found = []
    names = sorted(file.path for file in snapshot_files(snapshot.pk).files("warc") if file.path.endswith(".warc.gz"))
    for name in names:
        for record in ArchiveIterator(io.BytesIO(kept(snapshot, "warc", name)), check_digests="raise"):
            profile = record.rec_headers.get_header("WARC-Profile") or ""
            found.append((record.rec_type, profile, record.content_stream().read()))
    return found


def line(snapshot: Snapshot, plugin: str) -> str:
    return ArchiveResult.objects.get(snapshot=snapshot, plugin=plugin).output_str


@pytest.mark.parametrize("path", ["/validated/tag/small.bin", "/validated/date/small.bin", "/validated/tag/large.bin"])
def test_unchanged_file_is_not_sent_again_and_each_snapshot_has_it(site: TestSite, path: str) -> None:
    first, second, third = archive(site, path, 3)
    body, name = VALIDATED[path.rpartition("/")[2]], path.rpartition("/")[2]
    requests = asked(site, path)
    assert len(requests) == 3
    header = "If-None-Match" if "tag" in path else "If-Modified-Since"
    wanted = '"v1"' if "tag" in path else LAST_MODIFIED
    assert [request.headers.get(header) for request in requests] == [None, wanted, wanted]
    for snapshot in (first, second, third):
        assert (snapshot.status, kept(snapshot, "static", name)) == ("succeeded", body)
    assert [snapshot.response_status for snapshot in (first, second, third)] == [200, 304, 304]
    since = json.loads(kept(first, "headers", "headers.json"))["time"]
    for snapshot in (second, third):
        assert line(snapshot, "static") == f"{name}; unchanged since {since[:16].replace('T', ' ')} UTC"
        assert json.loads(kept(snapshot, "headers", "headers.json"))["unchanged"]["since"] == since
        found = records(snapshot)
        assert [payload for kind, _, payload in found if kind == "response"] == [body]
        assert [profile for kind, profile, _ in found if kind == "revisit"] == [NOT_MODIFIED]
        assert f'"{site.url(path)}"'.encode() in kept(snapshot, "warc", "index.cdxj")


def test_revisit_refers_to_the_record_beside_it(site: TestSite) -> None:
    _, second = archive(site, "/validated/tag/small.bin")
    data = kept(second, "warc", "data.warc.gz")
    found = {record.rec_type: record.rec_headers for record in ArchiveIterator(io.BytesIO(data))}
    revisit, response = found["revisit"], found["response"]
    assert revisit.get_header("WARC-Refers-To") == response.get_header("WARC-Record-ID")
    assert revisit.get_header("WARC-Refers-To-Date") == response.get_header("WARC-Date")
    assert revisit.get_header("WARC-Refers-To-Target-URI") == response.get_header("WARC-Target-URI")
    assert response.get_header("WARC-Date") < revisit.get_header("WARC-Date")
    folder = snapshot_files(second.pk).folder / "warc"
    checker = Checker(type("Arguments", (), {"inputs": [str(folder / "data.warc.gz")], "verbose": False})())
    checker.process_all()
    assert checker.exit_value == 0


def test_what_was_made_of_a_file_is_kept_again(site: TestSite) -> None:
    first, second = archive(site, "/validated/tag/paper.pdf", plugins=DEFAULT_PLUGINS)
    assert second.title == first.title == "The printed lighthouse"
    for name in ("paper.pdf", "text.txt", "thumbnail.jpg"):
        assert kept(second, "static", name) == kept(first, "static", name)
        inodes = {(snapshot_files(one.pk).folder / "static" / name).stat().st_ino for one in (first, second)}
        assert len(inodes) == 1


def test_changed_file_is_kept_as_it_is_now(site: TestSite) -> None:
    first, second = archive(site, "/validated/new/small.bin")
    assert (first.response_status, second.response_status) == (200, 200)
    assert line(second, "static") == "small.bin"


def test_redirect_is_followed_before_the_file_is_asked_for(site: TestSite) -> None:
    archive(site, "/validated/moved/small.bin")
    first, second = asked(site, "/validated/moved/small.bin"), asked(site, "/validated/tag/small.bin")
    assert [request.headers.get("If-None-Match") for request in first] == [None, None]
    assert [request.headers.get("If-None-Match") for request in second] == [None, '"v1"']


def test_page_is_visited_as_if_for_the_first_time(site: TestSite) -> None:
    snapshots = archive(site, "/validated/page/small.bin", plugins=("title", "headers", "static", "warc"))
    assert [request.headers.get("If-None-Match") for request in asked(site, "/validated/page/small.bin")] == [None] * 2
    assert [snapshot.response_status for snapshot in snapshots] == [200, 200]


def test_file_that_was_damaged_is_asked_for_anew(site: TestSite) -> None:
    def damage(made: list[Snapshot]) -> None:
        file = snapshot_files(made[0].pk).folder / "static" / "small.bin"
        file.unlink()
        file.write_bytes(b"x" * len(VALIDATED["small.bin"]))

    _, second = archive(site, "/validated/tag/small.bin", between=damage)
    assert kept(second, "static", "small.bin") == VALIDATED["small.bin"]
    assert [request.headers.get("If-None-Match") for request in site.requests] == [None, '"v1"', None]
    assert second.response_status == 200


def test_snapshot_stays_whole_when_the_earlier_one_goes(site: TestSite) -> None:
    first, second = archive(site, "/validated/tag/large.bin")
    remove_snapshots([first.pk])
    assert kept(second, "static", "large.bin") == VALIDATED["large.bin"]
    assert [payload for kind, _, payload in records(second) if kind == "response"] == [VALIDATED["large.bin"]]


def test_another_personas_file_is_no_reason_to_ask(site: TestSite) -> None:
    def rename(made: list[Snapshot]) -> None:
        made[0].crawl.persona = "somebody"
        made[0].crawl.save()

    archive(site, "/validated/tag/small.bin", between=rename)
    assert [request.headers.get("If-None-Match") for request in site.requests] == [None, None]
