"""Bodies without a length, as clients send them that stream: only a real server reads them."""

import hashlib
import http.client
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from live_server import Live, serving

SNAPSHOTS = "/api/v1/core/snapshots"
LARGEST = 3_000_000


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("chunks"), MAX_UPLOAD_SIZE=str(LARGEST)) as server:
        yield server


def send(live: Live, path: str, pieces: Iterable[bytes], content_type: str = "application/json") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(live.address).netloc, timeout=20)
    headers = {"X-ArchiveBox-API-Key": live.token, "Content-Type": content_type}
    connection.request("POST", path, iter(pieces), headers, encode_chunked=True)
    response = connection.getresponse()
    content = json.load(response)
    connection.close()
    return response.status, content


def test_json_is_read(live: Live) -> None:
    status, content = send(live, SNAPSHOTS, [b'{"url": "https://exam', b'ple.com/chunks"}'])
    assert (status, content.get("url")) == (200, "https://example.com/chunks")
    assert send(live, SNAPSHOTS, [])[0] == 400


def test_too_much_is_refused(live: Live) -> None:
    status, content = send(live, SNAPSHOTS, [b" " * 900_000] * 3)
    assert status == 413
    assert content["message"].startswith("RequestTooLarge:")


def upload(live: Live, snapshot_id: str, data: bytes) -> tuple[int, Any]:
    begin = encode_multipart(BOUNDARY, {"snapshot_id": snapshot_id, "plugin": "streamed", "output_paths": "a.bin"})
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="blob"\r\n\r\n'.encode()
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    pieces = [data[place : place + 65_536] for place in range(0, len(data), 65_536)]
    body = [begin.removesuffix(f"--{BOUNDARY}--\r\n".encode()), head, *pieces, end]
    return send(live, "/api/v1/core/archiveresults", body, MULTIPART_CONTENT)


def test_files_are_kept_whole_or_refused(live: Live) -> None:
    _, snapshot = send(live, SNAPSHOTS, [b'{"url": "https://example.com/chunks"}'])
    data = bytes(range(256)) * 8_000
    status, content = upload(live, snapshot["id"], data)
    assert status == 200
    assert content["output_files"]["a.bin"]["sha256"] == hashlib.sha256(data).hexdigest()
    for size in (LARGEST + 1, LARGEST + 2**20):
        status, content = upload(live, snapshot["id"], b"x" * size)
        assert status == 413
        assert content["message"].startswith("RequestTooLarge:")
