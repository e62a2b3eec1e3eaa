"""What is kept of the traffic: WARC, WACZ and the list of hashes."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

VISITED = ["/article", "/redirect/first", "/requests", "/workers", "/frames", "/pictures", "/status/404"]


@dataclass(frozen=True)
class Record:
    """One record of a WARC, whole in memory."""

    kind: str
    url: str
    first: str
    http: list[tuple[str, str]]
    warc: dict[str, str]
    body: bytes

    def values(self, name):
        return [value for key, value in self.http if key.lower() == name.lower()]


def _records(data):
    found = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        http = record.http_headers
        found.append(
            Record(
                record.rec_type,
                record.rec_headers.get_header("WARC-Target-URI") or "",
                f"{http.protocol} {http.statusline}" if http else "",
                list(http.headers) if http else [],
                dict(record.rec_headers.headers),
                record.content_stream().read(),
            )
        )
    return found


@pytest.fixture(scope="module")
def records(captured):
    """Return the records of a page's WARC."""
    return lambda path: _records(b"".join(file.read_bytes() for file in captured(path).warcs()))


def _of(found, kind, url):
    return [record for record in found if record.kind == kind and record.url == url]


@pytest.mark.parametrize("path", VISITED)
def test_warcio_finds_nothing_wrong(captured, path):
    files = map(str, captured(path).warcs())
    check = subprocess.run([sys.executable, "-m", "warcio.cli", "check", "-v", *files], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr
    assert "digest pass" in check.stdout
    assert "not checked" not in check.stdout


@pytest.mark.parametrize("path", VISITED)
def test_everything_the_site_was_asked_is_in_the_warc(captured, records, site, path):
    asked = {(seen.method, site.full_url(seen)) for seen in captured(path).requests}
    found = records(path)
    kept = {(r.first.split()[0], r.url) for r in found if r.kind == "request"}
    assert asked - kept == set()
    answered = {record.url for record in found if record.kind == "response"}
    assert {url for _, url in asked} - answered == set()


def test_every_record_is_a_gzip_member_of_its_own_and_the_index_points_at_it(captured):
    visit = captured("/requests")
    data = visit.path("warc", "data.warc.gz").read_bytes()
    starts, position = [], 0
    while position < len(data):
        starts.append(position)
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        whole = member.decompress(data[position:])
        assert whole.startswith(b"WARC/1.1\r\n")
        assert whole.count(b"WARC/1.1\r\nWARC-Type: ") == 1
        position = len(data) - len(member.unused_data)
    lines = visit.text("warc", "index.cdxj").splitlines()
    assert lines == sorted(lines)
    for line in lines:
        _, moment, fields = line.split(" ", 2)
        entry = json.loads(fields)
        assert int(entry["offset"]) in starts
        record = gzip.decompress(data[int(entry["offset"]) :][: int(entry["length"])])
        assert f"WARC-Target-URI: {entry['url']}\r\n".encode() in record
        assert b"WARC-Type: response" in record
        assert len(moment) == 14


def test_redirects_are_recorded_each_with_both_cookies(records, site):
    found = records("/redirect/first")
    for turn, (name, status) in enumerate((("first", 301), ("second", 302), ("third", 307))):
        (answer,) = _of(found, "response", site.url(f"/redirect/{name}"))
        assert answer.first.split()[1] == str(status)
        assert len(answer.values("Location")) == 1
        cookies = [value.partition(";")[0] for value in answer.values("Set-Cookie")]
        assert cookies == [f"first{turn}=1", f"second{turn}=2"]
        assert answer.warc["WARC-Truncated"] == "unspecified"  # it came with a body, which the browser shows nobody


def test_request_bodies_are_recorded_as_sent(captured, records, site):
    found = records("/requests")
    sent = {seen.path: seen for seen in captured("/requests").requests if seen.body}
    assert set(sent) == {"/echo?by=xhr", "/echo?by=form", "/echo?by=multipart", "/echo?by=put"}
    for path, seen in sent.items():
        (request,) = _of(found, "request", site.url(path))
        assert request.body == seen.body, path
        assert request.values("Content-Length") == [str(len(seen.body))]


def test_request_headers_are_recorded_as_sent(captured, records, site):
    visit = captured("/requests")
    seen = next(seen for seen in visit.requests if seen.path == "/echo?by=xhr")
    (request,) = _of(records("/requests"), "request", site.url("/echo?by=xhr"))
    kept = {name.lower(): value for name, value in request.http}
    assert kept == {name.lower(): value for name, value in seen.headers.items()}
    assert kept["x-own"] == "from the page"


def test_bodies_are_decoded_and_their_headers_fit(records, site):
    found = records("/requests")
    (zipped,) = _of(found, "response", site.url("/gzipped"))
    assert json.loads(zipped.body)["coding"] == "gzip"
    assert zipped.values("Content-Encoding") == []
    assert zipped.values("Content-Length") == [str(len(zipped.body))]
    (chunked,) = _of(found, "response", site.url("/chunked"))
    assert chunked.body == b"one two three"
    assert chunked.values("Transfer-Encoding") == []


def test_answers_without_body_are_recorded(records, site):
    found = records("/requests")
    (empty,) = _of(found, "response", site.url("/no-content"))
    assert (empty.first.split()[1], empty.body) == ("204", b"")
    (head,) = _of(found, "response", site.url("/article?head=1"))
    assert head.body == b""
    (missing,) = _of(found, "response", site.url("/no-such-picture.png"))
    assert missing.first.split()[1] == "404"
    assert b"There is no" in missing.body


def test_answer_to_head_keeps_the_length_it_announced(records, site):
    (head,) = _of(records("/requests"), "response", site.url("/article?head=1"))
    assert int(head.values("Content-Length")[0]) > 1_000


def test_repeated_headers_of_a_subresource_stay_apart(records, site):
    (answer,) = _of(records("/requests"), "response", site.url("/repeated-headers?by=fetch"))
    assert answer.values("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert answer.values("X-Twice") == ["one", "two, 2"]


@pytest.mark.parametrize("path", ["/worker.js", "/worker_import.js", "/shared_worker.js", "/service_worker.js"])
def test_worker_scripts_are_recorded(records, site, path):
    (answer,) = _of(records("/workers"), "response", site.url(path))
    assert b"fetch" in answer.body or b"imported" in answer.body


@pytest.mark.parametrize("by", ["worker", "shared", "service"])
def test_what_workers_fetch_is_recorded(records, site, by):
    (answer,) = _of(records("/workers"), "response", site.url(f"/echo?by={by}"))
    assert json.loads(answer.body)["method"] == "GET"


def test_page_with_workers_settles_at_once(captured):
    assert captured("/workers").outcome.step_seconds["settle"] < 5


def test_records_say_where_the_answer_came_from(records, site):
    (answer,) = _of(records("/article"), "response", site.url("/article"))
    assert answer.warc["WARC-IP-Address"] == "127.0.0.1"
    assert answer.warc["WARC-Protocol"] == "http/1.1"
    (request,) = _of(records("/article"), "request", site.url("/article"))
    assert request.warc["WARC-Concurrent-To"] == answer.warc["WARC-Record-ID"]


def test_file_opens_with_a_warcinfo_record(records):
    first, *rest = records("/article")
    assert first.kind == "warcinfo"
    assert b"software: Pagekeep/" in first.body
    assert all(record.warc["WARC-Warcinfo-ID"] == first.warc["WARC-Record-ID"] for record in rest)


@pytest.mark.parametrize("path", VISITED)
def test_py_wacz_finds_the_package_valid(captured, path):
    file = captured(path).path("wacz", "archive.wacz")
    command = [sys.executable, "-c", "import sys; from wacz.main import main; sys.exit(main(sys.argv[1:]))"]
    check = subprocess.run([*command, "validate", "-f", str(file)], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr
    assert "Invalid" not in check.stdout + check.stderr


def test_package_lists_its_page_and_files_with_their_hashes(captured, site):
    visit = captured("/redirect/first")
    with zipfile.ZipFile(visit.path("wacz", "archive.wacz")) as packed:
        package = json.loads(packed.read("datapackage.json"))
        for resource in package["resources"]:
            data = packed.read(resource["path"])
            assert resource["bytes"] == len(data)
            assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
        assert {r["path"] for r in package["resources"]} == set(packed.namelist()) - {
            "datapackage.json",
            "datapackage-digest.json",
        }
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in packed.infolist())
        _, page = packed.read("pages/pages.jsonl").decode().splitlines()
    assert package["wacz_version"] == "1.1.1"
    assert json.loads(page)["title"] == "The Lighthouse Keeper"


def test_page_of_the_package_is_found_in_its_index_at_its_time(captured):
    """A player looks the page up by address and time: an exchange of the visit has to be there."""
    for path in ("/redirect/first", "/routed", "/refresh"):
        with zipfile.ZipFile(captured(path).path("wacz", "archive.wacz")) as packed:
            page = json.loads(packed.read("pages/pages.jsonl").decode().splitlines()[1])
            index = [
                json.loads(line.split(" ", 2)[2]) for line in packed.read("indexes/index.cdx").decode().splitlines()
            ]
        assert page["url"] in [entry["url"] for entry in index], path


def test_posts_are_indexed_with_their_method_and_form(captured, site):
    lines = captured("/requests").text("warc", "index.cdxj").splitlines()
    (form,) = [line for line in lines if '"method": "POST"' in line and "by=form" in line]
    query = dict(parse_qsl(urlsplit("x://x/?" + form.split(" ")[0].partition("?")[2]).query))
    assert query["__wb_method"].lower() == "post"
    assert query["a"] == "1"


def test_hashes_are_those_of_the_files_on_disk(captured):
    visit = captured("/article")
    listed = visit.json("hashes", "hashes.json")["files"]
    paths = [row["path"] for row in listed]
    assert paths == sorted(paths)
    on_disk = {str(file.relative_to(visit.folder)) for file in visit.folder.rglob("*") if file.is_file()}
    assert set(paths) == on_disk - {"hashes/hashes.json"}
    for row in listed:
        data = (visit.folder / row["path"]).read_bytes()
        assert (row["size"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
