"""The ordered steps of a visit before its behaviours and outputs: open, settle."""

import asyncio
import time
from urllib.parse import urlsplit

from pagekeep.capture.network.egress import Egress
from pagekeep.capture.page import Page, script
from pagekeep.capture.recording.recorder import REDIRECTS, Recorder
from pagekeep.capture.values import Limits
from pagekeep.domain.errors import CaptureError, TimeBudgetExceeded
from pagekeep.domain.urls import shorten

# How long network and document must be still to count as settled (seconds).
QUIET = 0.1
_POLL = 0.02
# A page that did not settle once is not waited for at length again (seconds).
RESTLESS = 1.0

CRASHED = "The page crashed its browser tab, or wanted more memory than PAGEKEEP_MAX_PAGE_MEMORY gives it."
BUSY = "The page does not respond: a script keeps it busy."
_OTHERWISE = "PAGEKEEP_CHECK_SSL_VALIDITY=false accepts it"
# What the browser calls an error, in words that say what to do (net/base/net_error_list.h).
SENTENCES = {
    "ERR_NAME_NOT_RESOLVED": "The host name does not exist; check the spelling.",
    "ERR_CONNECTION_REFUSED": "The server refused the connection; is it running?",
    "ERR_CONNECTION_RESET": "The server broke the connection off.",
    "ERR_CONNECTION_CLOSED": "The server closed the connection without an answer.",
    "ERR_EMPTY_RESPONSE": "The server closed the connection without an answer.",
    "ERR_CONNECTION_TIMED_OUT": "The server did not answer in time.",
    "ERR_TIMED_OUT": "The server did not answer in time.",
    "ERR_TOO_MANY_REDIRECTS": "The page redirects in a circle.",
    "ERR_CERT_DATE_INVALID": f"The site's certificate has expired or is not yet valid; {_OTHERWISE}.",
    "ERR_CERT_AUTHORITY_INVALID": f"The site's certificate is not signed by a known authority; {_OTHERWISE}.",
    "ERR_CERT_COMMON_NAME_INVALID": f"The site's certificate is for another host; {_OTHERWISE}.",
    "ERR_SSL_PROTOCOL_ERROR": "The server does not speak TLS here; try http:// instead.",
    "ERR_INVALID_RESPONSE": "The server's answer is not valid HTTP.",
    "ERR_INVALID_HTTP_RESPONSE": "The server's answer is not valid HTTP.",
    "ERR_UNSAFE_PORT": "Browsers refuse to open this port.",
    "ERR_INVALID_URL": "The browser cannot read this URL.",
    "ERR_UNSAFE_REDIRECT": "The page redirects to an address no browser follows.",
    "ERR_UNKNOWN_URL_SCHEME": "The page redirects to something that is not http or https.",
}


async def open_page(page: Page, url: str, egress: Egress, limits: Limits) -> bool:
    """Navigate and wait until the document is parsed.

    Returns:
        Whether there is a page: False where the server sends a file to download, or nothing.

    Raises:
        CaptureError: the page did not open; the text says why.
    """
    try:
        async with asyncio.timeout(limits.open):
            answer = await page.session.call("Page.navigate", url=url)
            error = answer.get("errorText", "")
            if error == "net::ERR_ABORTED" and _leads_nowhere(page):
                raise CaptureError(_explain("ERR_UNKNOWN_URL_SCHEME", url, page, egress))
            if answer.get("isDownload") or (error == "net::ERR_ABORTED" and _main_answered(page)):
                return False
            if error:
                raise CaptureError(_explain(error, url, page, egress))
            await page.parsed.wait()
            if page.crashed:
                raise CaptureError(CRASHED)
    except TimeoutError as late:
        if page.recorder.kept_back:
            # A file is coming, which takes as long as it takes.
            await page.recorder.finish(limits.download)
            return False
        if page.document_id and page.recorder.main_responses(page.main_frame_id):
            # The document is there, a part or a script of it hangs: go on with what has come.
            page.session.post("Runtime.terminateExecution")
            page.session.post("Page.stopLoading")
            return True
        why = egress.refusal(*_destination(url)) or f"The page did not open within {limits.open:g} seconds."
        raise TimeBudgetExceeded(why) from late
    return True


async def settle(page: Page, limits: Limits) -> None:
    """Wait until the page is loaded and neither asks for anything nor changes, or the limit has passed."""
    end = time.monotonic() + (min(RESTLESS, limits.settle) if page.restless else limits.settle)
    while (left := end - time.monotonic()) > 0:
        if not page.loaded.is_set() or page.in_flight:
            await asyncio.sleep(min(_POLL, left))
            continue
        before = page.last_request
        try:
            async with asyncio.timeout(left + 1):
                await page.run(script("quiet.js"), QUIET * 1000, left * 1000)
        except TimeoutError as error:
            raise TimeBudgetExceeded(BUSY) from error
        if page.loaded.is_set() and not page.in_flight and page.last_request == before:
            return
    page.restless = True


def explain_no_page(recorder: Recorder, limits: Limits) -> tuple[str, bool]:
    """Return what the server sent instead of a page, in one sentence, and whether that is kept as it should be."""
    file, main = recorder.kept_back, recorder.main_responses(recorder.main_frame_id)[-1]
    if file is None:
        return f"The server sent {main.status} without content, not a page.", True
    if main.revisits:
        return f"The server says that the file ({file.mimetype or 'of no type'}) has not changed; it is no page.", True
    what = f"The server sent a file ({file.mimetype or 'of no type'})"
    match file.truncated:
        case "length":
            return f"{what} of more than the {limits.download_size} bytes PAGEKEEP_MAX_DOWNLOAD_SIZE allows.", False
        case "time":
            return f"{what} that did not come whole within {limits.download:g} seconds.", False
        case "unspecified":
            return (
                f"{what} for which the temporary folder has no room; free some, or set TMPDIR to a larger one.",
                False,
            )
        case "disconnect":
            return f"{what} and broke off before it was whole; try again.", False
    return f"{what}, not a page.", True


def explain_error_page(page: Page, egress: Egress) -> str:
    """Return why the browser shows an error page of its own instead of what the page led to, or an empty string."""
    if not page.unreachable_url:
        return ""
    why = egress.refusal(*_destination(page.unreachable_url)) or "It could not be opened."
    return f"The page leads on to {shorten(page.unreachable_url)}: {why}"


def _leads_nowhere(page: Page) -> bool:
    """Whether the last answer was a redirect the browser did not follow."""
    answers = page.recorder.main_responses(page.main_frame_id)
    return bool(answers) and answers[-1].status in REDIRECTS


def _main_answered(page: Page) -> bool:
    return bool(page.recorder.main_responses(page.main_frame_id)) or page.recorder.busy


def _destination(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _explain(error: str, url: str, page: Page, egress: Egress) -> str:
    """Return the sentence for a failed navigation: what the egress knows, else what the browser says."""
    asked = [url, *(e.url for e in page.recorder.main_responses(page.main_frame_id))]
    last = page.recorder.main_responses(page.main_frame_id)
    if last and (target := last[-1].header("location")):
        asked.append(target)
    for candidate in reversed(asked):
        reason: str | None = egress.refusal(*_destination(candidate))
        if reason:
            return reason
    name = error.removeprefix("net::")
    sentence = SENTENCES.get(name, "The browser could not open it.")
    return f"{sentence.removesuffix('.')} ({name}, {shorten(url)})."
