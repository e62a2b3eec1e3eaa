"""A capture engine without a browser, of the same shape as the real one: for tests, and for trying out the rest."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType

from pagekeep.capture.outputs import warc
from pagekeep.capture.page import as_json
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.domain.errors import CaptureError
from pagekeep.domain.results import Result
from pagekeep.domain.status import ResultStatus

FILES = {
    "title": ("title.txt", "text/plain; charset=utf-8"),
    "outlinks": ("outlinks.json", "application/json"),
    "headers": ("headers.json", "application/json"),
    "redirects": ("redirects.json", "application/json"),
    "sslcerts": ("sslcerts.json", "application/json"),
    "static": ("document.pdf", "application/pdf"),
    "favicon": ("favicon.ico", "image/x-icon"),
    "screenshot": ("screenshot.jpg", "image/jpeg"),
    "dom": ("output.html", "text/html; charset=utf-8"),
    "htmltotext": ("htmltotext.txt", "text/plain; charset=utf-8"),
    "readability": ("content.html", "text/html; charset=utf-8"),
    "markdown": ("content.md", "text/plain; charset=utf-8"),
    "accessibility": ("accessibility.json", "application/json"),
    "consolelog": ("consolelog.jsonl", "text/plain; charset=utf-8"),
    "singlefile": ("singlefile.html", "text/html; charset=utf-8"),
    "pdf": ("output.pdf", "application/pdf"),
    "mhtml": ("page.mhtml", "multipart/related"),
    "media": ("video.mp4", "video/mp4"),
    "git": ("repository.bundle", "application/x-git-bundle"),
    "har": ("har.json", "application/json"),
    "warc": (warc.FILENAME, "application/warc"),
    "wacz": ("archive.wacz", "application/wacz+zip"),
    "hashes": ("hashes.json", "application/json"),
}
FURTHER_FILES = {"warc": (("index.cdxj", "text/plain; charset=utf-8"),)}


class FakeEngine:
    """Keeps a few bytes for each output it is asked for.

    Args:
        output_seconds: how long each output takes.
        failures: by URL, what ``capture`` raises once the first output is kept (an exception), or why the page does not
            open (text).
        failing_outputs: by plugin, why it fails.
        response_status: what pages that open are answered with.
        links: by URL, what the page links to.
    """

    def __init__(
        self,
        *,
        output_seconds: float = 0.0,
        failures: Mapping[str, Exception | str] | None = None,
        failing_outputs: Mapping[str, str] | None = None,
        response_status: int = 200,
        links: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.requests: list[CaptureRequest] = []
        self._output_seconds = output_seconds
        self._failures = dict(failures or {})
        self._failing_outputs = dict(failing_outputs or {})
        self._response_status = response_status
        self._links = dict(links or {})

    async def __aenter__(self) -> "FakeEngine":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
        """Make the outputs of one URL; like the real engine, but without opening it."""
        self.requests.append(request)
        failure = self._failures.get(request.url)
        results: list[Result] = []
        await progress.step("open")
        if not isinstance(failure, str):
            await progress.answered(self._response_status)
        for plugin in request.plugins:
            await progress.step(plugin)
            await asyncio.sleep(self._output_seconds)
            result = await self._make(plugin, request.url, sink, failure)
            results.append(result)
            await progress.result(result)
            if plugin == "outlinks" and result.files and self._response_status < 400:
                await progress.linked(request.url)
            if isinstance(failure, Exception):
                raise failure
        opened = not isinstance(failure, str)
        reason = "" if opened else str(failure)
        if opened and self._response_status >= 400:
            reason = f"The server answered {self._response_status}."
        return Outcome(
            succeeded=not reason and any(result.status == ResultStatus.SUCCEEDED for result in results),
            reason=reason,
            response_status=self._response_status if opened else None,
            final_url=request.url,
            title=f"Title of {request.url}" if opened else "",
            results=tuple(results),
            step_seconds={},
        )

    async def _make(self, plugin: str, url: str, sink: Sink, failure: Exception | str | None) -> Result:
        start = datetime.now(UTC)
        path, mimetype = FILES[plugin]
        try:
            if isinstance(failure, str):
                raise CaptureError(failure)
            if plugin in self._failing_outputs:
                raise CaptureError(self._failing_outputs[plugin])
            stored = tuple(
                [
                    await asyncio.to_thread(sink.save, plugin, name, self._bytes(plugin, url), kind)
                    for name, kind in ((path, mimetype), *FURTHER_FILES.get(plugin, ()))
                ]
            )
        except CaptureError as error:
            return Result(plugin, ResultStatus.FAILED, str(error), start, datetime.now(UTC))
        return Result(plugin, ResultStatus.SUCCEEDED, path, start, datetime.now(UTC), stored, {"url": url})

    def _bytes(self, plugin: str, url: str) -> bytes:
        if plugin == "outlinks" and url in self._links:
            return as_json({"links": list(self._links[url])})
        return f"{plugin} of {url}".encode()
