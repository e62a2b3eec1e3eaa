"""The cases of "How a visit ends" in docs/outputs.md: what is visited, and what is kept beside status and sentence.

Addresses may name ``{closed}`` (a port where nothing listens), ``{http}`` (the port of the test site) and, for TLS, the
port of the site with a certificate of each kind.
"""

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from pagekeep.capture.values import Limits
from testsite.bombs import BEGINNING
from testsite.extreme_routes import PASSWORD, USER
from testsite.good_routes import ENCODINGS

LIGHT = ("title", "headers", "dom", "htmltotext", "warc")
# What is to be kept gets time, also on a busy machine; what never ends is not waited for.
PATIENT = Limits(
    open=20.0, settle=2.0, scroll=4.0, output=40.0, body=1 << 20, visit=8 << 20, file=256 << 20, download_size=8 << 20
)
SHORT = replace(PATIENT, open=2.0, settle=1.0, scroll=1.0)
LARGE = replace(PATIENT, body=64 << 20)
SMALL_WARC = 3 << 20

Check = Callable[[Any], None]


@dataclass(frozen=True)
class Case:
    """One visit.

    Attributes:
        address: a path of the test site, or a whole URL.
        check: looks at what was kept.
        crash_at: the step at whose beginning the page's renderer is made to crash.
        memory: what this process and the one all pages share may take for it (bytes).
        fields: of the CaptureRequest.
    """

    address: str
    check: Check = lambda visit: None
    plugins: tuple[str, ...] = LIGHT
    limits: Limits = PATIENT
    crash_at: str = ""
    memory: int = 512 << 20
    fields: dict[str, Any] = field(default_factory=dict)


def _text(*words: str) -> Check:
    """The words are in the page's text."""

    def check(visit: Any) -> None:
        text = visit.text("htmltotext", "htmltotext.txt")
        assert all(word in text for word in words), text[:500]

    return check


def _no_page(visit: Any) -> None:
    """Nothing was made of a page, and what was answered is in the WARC."""
    made = {result.plugin for result in visit.outcome.results if result.status == "succeeded"}
    assert made <= {"headers", "warc"}
    assert ("warc" in made) == bool(visit.requests)


def _status(status: int) -> Check:
    """The answer's status and headers are kept, and nothing of a page."""

    def check(visit: Any) -> None:
        _no_page(visit)
        assert visit.outcome.response_status == visit.json("headers", "headers.json")["status"] == status

    return check


def _half(visit: Any) -> None:
    """What came is kept, and the rest is not waited for."""
    _text("Only the first half.")(visit)
    assert visit.outcome.step_seconds["open"] < PATIENT.open / 2


def _unasked(visit: Any) -> None:
    assert visit.requests == ()
    _no_page(visit)


def _beginning(visit: Any) -> None:
    """The first bytes are kept, as page and in a small WARC."""
    _text("It begins.")(visit)
    assert visit.result("dom").files[0].size < SMALL_WARC
    warc = gzip.decompress(visit.path("warc", "data.warc.gz").read_bytes())
    assert BEGINNING in warc
    assert len(warc) < SMALL_WARC


def _in_warc(visit: Any) -> None:
    _no_page(visit)
    warc = gzip.decompress(visit.path("warc", "data.warc.gz").read_bytes())
    assert b"PK\x05\x06" in warc


def _cut_file(visit: Any) -> None:
    _no_page(visit)
    assert visit.path("warc", "data.warc.gz").stat().st_size < SMALL_WARC


def _as_file(words: str) -> Check:
    """The words are in the file kept as it came."""

    def check(visit: Any) -> None:
        (file,) = visit.result("static").files
        assert words in visit.text("static", file.path)

    return check


def _error_page(visit: Any) -> None:
    _text("Sorry: ")(visit)
    assert visit.outcome.title.startswith("Error ")
    assert visit.outcome.response_status >= 400


def _final(path: str, *words: str) -> Check:
    def check(visit: Any) -> None:
        assert visit.outcome.final_url.endswith(path)
        _text(*words)(visit)

    return check


def _no_secret(visit: Any) -> None:
    _text("Welcome, keeper")(visit)
    assert any("Authorization" in seen.headers for seen in visit.requests)
    assert PASSWORD not in visit.outcome.final_url
    sent = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    files = {file.name: file.read_bytes() for file in visit.folder.rglob("*.*")}
    files["data.warc.gz"] = gzip.decompress(files["data.warc.gz"])
    assert {name for name, data in files.items() if PASSWORD.encode() in data or sent in data} == set()


def _large(visit: Any) -> None:
    (file,) = visit.result("dom").files
    assert file.size > 100_000_000
    visit.path("dom", file.path).unlink()


def _all_links(visit: Any) -> None:
    assert visit.result("outlinks").summary == "10000 links"


def _cut_picture(visit: Any) -> None:
    assert "cut from 50000" in visit.result("screenshot").summary


def _colours(visit: Any) -> None:
    """A picture chosen by srcset, a letter of the web font (a square), a canvas: each in its colour."""
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        shown = [image.getpixel((50, y)) for y in (50, 250, 550)]
    for have, want in zip(shown, ((255, 0, 0), (0, 255, 0), (255, 255, 0)), strict=True):
        assert all(abs(one - other) < 12 for one, other in zip(have, want, strict=True)), shown
    asked = {seen.path for seen in visit.requests}
    assert {"/image/ff0000-100x100.png", "/square.ttf"} <= asked
    assert "/image/000001-10x10.png" not in asked


def _shadow(visit: Any) -> None:
    assert 'shadowrootmode="open"' in visit.text("dom", "output.html")
    _text("Shadow text", "Inner shadow text")(visit)


def _asked_once(visit: Any) -> None:
    """The name is asked for once: the page stays where the first answer led."""
    assert [seen.path for seen in visit.requests] == ["/hostile/rebinding", "/echo?again"]
    _text("asked again")(visit)


def _refused_at_last(visit: Any) -> None:
    assert "http://169.254.169.254/" in visit.outcome.reason
    assert visit.statuses()["warc"] == "succeeded"
    assert visit.statuses()["dom"] == "skipped"


REFUSED = {"allow_private": ()}
WITH_PICTURE = (*LIGHT, "screenshot")
CASES = {
    # The way to the server
    "unknown host name": Case("http://does-not-exist.invalid/page", _unasked),
    "name server that does not answer": Case("http://no-answer.example/", _unasked),
    "nothing listens": Case("http://127.0.0.1:{closed}/", _unasked),
    "private address": Case("http://10.255.255.1/", _unasked),
    "loopback address": Case("/plain", _unasked, fields=REFUSED),
    "metadata service": Case("http://169.254.169.254/latest/meta-data/", _unasked),
    "name of a private address": Case("http://private.example/", _unasked),
    "Pagekeep itself": Case("/plain", _unasked, fields={"refuse": ("127.0.0.1:{http}",)}),
    "name that changes its address": Case("http://rebinding.example:{http}/hostile/rebinding", _asked_once),
    # TLS
    "good certificate": Case("https://127.0.0.1:{good}/plain", _text("A plain page.")),
    "expired certificate": Case("https://127.0.0.1:{expired}/plain", _unasked),
    "certificate of the future": Case("https://127.0.0.1:{early}/plain", _unasked),
    "certificate of another host": Case("https://127.0.0.1:{other-host}/plain", _unasked),
    "unknown authority": Case("https://127.0.0.1:{stranger}/plain", _unasked),
    "self-signed certificate": Case("https://127.0.0.1:{self-signed}/plain", _unasked),
    "bad certificate accepted": Case(
        "https://127.0.0.1:{self-signed}/plain", _text("A plain page."), fields={"check_certificates": False}
    ),
    "no TLS": Case("https://127.0.0.1:{http}/plain", _unasked),
    # Answers
    "broken connection": Case("/reset"),
    "closed connection": Case("/nothing"),
    "not HTTP": Case("/not-http"),
    "no answer": Case("/hang", limits=SHORT),
    "endless answer": Case("/endless", _no_page, limits=SHORT),
    "one byte a second": Case("/drip", _status(200), limits=SHORT),
    "half an answer": Case("/half", _half),
    "absurd length": Case("/long-length", _text("Long length")),
    "404": Case("/status/404", _error_page),
    "500": Case("/status/500", _error_page),
    "503": Case("/status/503", _error_page),
    "204": Case("/no-content", _status(204)),
    "password wanted": Case("/password", _text("Who are you?")),
    "2 GiB file": Case("/huge/file", _cut_file),
    "2 GiB page": Case("/huge/page", _beginning),
    "2 GiB page of known length": Case("/huge/page-with-length", _beginning),
    "gzip bomb": Case("/bomb/gzip", _beginning),
    "brotli bomb": Case("/bomb/br", _beginning),
    "zstd bomb": Case("/bomb/zstd", _beginning),
    # Redirects
    "redirect loop": Case("/to/loop", _no_page),
    "redirect to file:": Case("/to/file", _no_page),
    "redirect to data:": Case("/to/data", _no_page),
    "redirect to javascript:": Case("/to/script", _no_page),
    "redirect to a private address": Case("/to/private", _no_page),
    "redirect to the metadata service": Case("/to/metadata", _no_page),
    "redirect to an unknown host": Case("/to/nowhere", _no_page),
    "script to the metadata service": Case("/leads_on/script", _refused_at_last),
    "refresh to the metadata service": Case("/leads_on/refresh", _refused_at_last),
    # Scripts
    "endless script": Case("/spin_at_once", _text("Spins"), limits=SHORT),
    "endless script after loading": Case("/spin", _text("It spins"), limits=SHORT),
    "endless script that returns": Case("/hostile/spin_again", limits=SHORT),
    "endless objects": Case("/hostile/hog_objects", limits=LARGE),
    "endless elements": Case("/hostile/hog_dom", limits=LARGE),
    "crash": Case("/article", _no_page, crash_at="behaviours"),
    "crash in an output": Case("/article", plugins=("title", "dom", "warc"), crash_at="dom"),
    "alert loop": Case("/hostile/alert_loop", _text("Before the alerts"), limits=SHORT),
    "alert, confirm, prompt": Case("/alerts", _text("confirmed true"), WITH_PICTURE),
    "alerts in a frame": Case("/alerts_in_frame", _text("confirmed"), WITH_PICTURE),
    "page that will not be left": Case("/hostile/stay", _text("Please stay")),
    "popups": Case("/popups", _text("Popups everywhere")),
    "popups without end": Case("/hostile/popups_again", _text("Popups all the time")),
    "file to download": Case("/download", _in_warc, WITH_PICTURE),
    "downloads by script": Case("/hostile/downloads", _text("Files for you")),
    "script that never comes": Case("/leads_on/hanging_script", _text("Real content"), WITH_PICTURE, SHORT),
    "style that never comes": Case("/leads_on/hanging_style", _text("Real content"), WITH_PICTURE, SHORT),
    # Large and odd pages
    "100 MB of DOM": Case("/hostile/large_dom", _large, ("dom",), memory=1536 << 20),
    "10,000 links": Case("/hostile/links", _all_links, ("outlinks",)),
    "50,000 px high": Case("/hostile/tall", _cut_picture, WITH_PICTURE),
    "invalid UTF-8": Case("/invalid-utf-8", _text("before \ufffd\ufffd( after")),
    **{f"{name} page": Case(f"/encoding/{name}", _text(text)) for name, text in ENCODINGS.items()},
    "page as text/plain": Case("/typed/page-as-text", _as_file("<h1>Of this type</h1>"), (*LIGHT, "static")),
    "picture as text/html": Case("/typed/picture-as-page", _text("PNG")),
    "page of no type": Case("/typed/page-of-no-type", _final("/page-of-no-type", "Of this type")),
    # Addresses
    "spaces in the address": Case("/odd/a b/c d?e f", _final("/odd/a%20b/c%20d?e%20f", "odd address")),
    "international host name": Case("http://bücher.example:{http}/plain", _text("A plain page.")),
    "address of 4 kB": Case(f"/odd/{'long' * 1000}", _text("odd address")),
    "password in the address": Case(
        f"http://{USER}:{PASSWORD}@127.0.0.1:{{http}}/login",
        _no_secret,
        (*LIGHT, "screenshot", "readability", "outlinks", "singlefile", "hashes"),
    ),
    "wrong password in the address": Case("http://keeper:wrong@127.0.0.1:{http}/login"),
    # Ordinary pages that are hard to keep
    "meta refresh": Case("/refresh", _final("/article?refreshed=1", "Lighthouse")),
    "client-side routing": Case("/routed", _final("/routed/inside?view=2", "Routed page")),
    "page that goes on by script": Case("/leaving", _final("/article?left=1", "Lighthouse")),
    "shadow DOM": Case("/shadow", _shadow),
    "frames in frames": Case(
        "/hostile/frames_in_frames", _text("First level", "Second level", "Third level", "Fourth level")
    ),
    "canvas, web font, srcset": Case("/pictures", _colours, WITH_PICTURE),
}
