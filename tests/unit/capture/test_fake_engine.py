"""The engine without a browser keeps files of the names and types the real one gives them."""

import asyncio
import hashlib
from collections.abc import Iterable

from pagekeep.capture.outputs import warc
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest
from pagekeep.domain.results import Result, StoredFile


class Memory:
    """Notes what is kept."""

    def save(self, plugin: str, path: str, data: bytes | Iterable[bytes], mimetype: str) -> StoredFile:
        whole = data if isinstance(data, bytes) else b"".join(data)
        return StoredFile(path, len(whole), hashlib.sha256(whole).hexdigest(), mimetype)

    async def step(self, name: str) -> None:
        """Not looked at."""

    async def result(self, result: Result) -> None:
        """Not looked at."""

    async def answered(self, status: int) -> None:
        """Not looked at."""

    async def linked(self, final_url: str) -> None:
        """Not looked at."""

    def note(self, line: str) -> None:
        """Not looked at."""


def test_archives_have_the_real_names_and_types() -> None:
    memory = Memory()
    request = CaptureRequest("http://example.com/", plugins=("warc", "wacz"))
    outcome = asyncio.run(FakeEngine().capture(request, memory, memory))
    kept = {result.plugin: [(file.path, file.mimetype) for file in result.files] for result in outcome.results}
    assert kept == {
        "warc": [(warc.FILENAME, "application/warc"), ("index.cdxj", "text/plain; charset=utf-8")],
        "wacz": [("archive.wacz", "application/wacz+zip")],
    }
