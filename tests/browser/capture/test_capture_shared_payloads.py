"""Large payloads are on disk once, whichever snapshot recorded them; every snapshot stays whole by itself."""

import gzip
import io
import json
import subprocess
import sys
import zipfile

import pytest
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.ids import new_id
from pagekeep.storage.layout import DataDir
from pagekeep.storage.snapshot_files import SnapshotFiles

PLUGINS = ("title", "warc", "wacz", "hashes")


class Quiet:
    async def step(self, name):
        pass

    async def result(self, result):
        pass

    async def answered(self, status):
        pass

    async def linked(self, final_url):
        pass

    def note(self, line):
        pass


@pytest.fixture
def keep(engine, loop_thread, site, tmp_path):
    """Capture a page of the site into a real data directory; return its files."""
    data = DataDir(tmp_path)
    data.prepare()

    def visit(path, **fields):
        files = SnapshotFiles(data, new_id())
        request = CaptureRequest(site.url(path), PLUGINS, allow_private=("127.0.0.0/8",), **fields)
        outcome = loop_thread.run(engine.capture(request, files, Quiet()))
        assert outcome.succeeded, outcome.reason
        return files

    return visit


def _warcs(files):
    return sorted((files.folder / "warc").glob("*.warc.gz"))


def _records(files):
    found = []
    for file in _warcs(files):
        with file.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                url = record.rec_headers.get_header("WARC-Target-URI")
                found.append((record.rec_type, url, record.rec_headers, record.content_stream().read()))
    return found


def _of(files, kind, url):
    return [record for record in _records(files) if record[:2] == (kind, url)]


def test_payload_of_an_earlier_snapshot_is_linked_and_referred_to(keep, site):
    first, second = keep("/heavy"), keep("/heavy")
    url = site.url("/heavy/script.js")
    (whole,) = _of(first, "response", url)
    (linked,) = _of(second, "response", url)
    (revisit,) = _of(second, "revisit", url)
    assert _of(first, "revisit", url) == []
    assert len(whole[3]) > 60_000
    assert linked[3] == whole[3]
    assert revisit[2].get_header("WARC-Refers-To") == whole[2].get_header("WARC-Record-ID")
    assert revisit[2].get_header("WARC-Refers-To-Date") == whole[2].get_header("WARC-Date")
    shared = [file for file in _warcs(second) if file.name != "data.warc.gz"]
    assert [file.name for file in shared] == [file.name for file in _warcs(first) if file.name != "data.warc.gz"]
    assert all(file.samefile(first.folder / "warc" / file.name) for file in shared)
    assert len(shared) == 2


def test_removing_the_first_snapshot_leaves_the_second_whole(keep, site):
    first, second = keep("/heavy"), keep("/heavy")
    first.remove()
    assert len(_of(second, "response", site.url("/heavy/script.js"))) == 1
    for file in _warcs(second):
        check = [sys.executable, "-m", "warcio.cli", "check", str(file)]
        assert subprocess.run(check, capture_output=True).returncode == 0


def test_same_payload_at_another_address_of_the_visit_is_a_revisit(keep, site):
    files = keep("/heavy")
    (revisit,) = _of(files, "revisit", site.url("/heavy/script.js?twin"))
    assert revisit[2].get_header("WARC-Refers-To-Target-URI") == site.url("/heavy/script.js")


def test_package_holds_every_record_its_index_names(keep, tmp_path, site):
    keep("/heavy")
    packed = tmp_path / "archive.wacz"
    packed.write_bytes(b"".join(keep("/heavy").open("wacz", "archive.wacz")))
    with zipfile.ZipFile(packed) as package:
        lines = package.read("indexes/index.cdx").decode().splitlines()
        assert lines == sorted(lines)
        kinds = {}
        for line in lines:
            entry = json.loads(line.split(" ", 2)[2])
            start, length = int(entry["offset"]), int(entry["length"])
            member = package.read(f"archive/{entry['filename']}")[start : start + length]
            (record,) = ArchiveIterator(io.BytesIO(member), check_digests="raise")
            assert record.rec_headers.get_header("WARC-Target-URI") == entry["url"]
            kinds.setdefault(entry["url"], set()).add(record.rec_type)
    assert kinds[site.url("/heavy/script.js")] == {"response", "revisit"}
    command = "import sys; from wacz.main import main; sys.exit(main(['validate', '-f', sys.argv[1]]))"
    check = subprocess.run([sys.executable, "-c", command, str(packed)], capture_output=True, text=True)
    assert check.returncode == 0, check.stdout + check.stderr


def test_record_with_cookies_is_not_shared_with_a_snapshot_that_leaves_them_out(keep):
    with_cookies = keep("/unruly/biscuits")
    without = keep("/unruly/biscuits", secrecy=Secrecy(cookies=False))
    assert b"s3cret" in b"".join(gzip.decompress(file.read_bytes()) for file in _warcs(with_cookies))
    assert b"s3cret" not in b"".join(gzip.decompress(file.read_bytes()) for file in _warcs(without))
