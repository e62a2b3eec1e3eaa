"""What the site answers beside its static pages: pictures, a font, redirects, codings, encodings."""

import gzip
import io
import json
import re
import wave
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PIL import Image

from testsite.font import square_font

if TYPE_CHECKING:
    from testsite.server import Handler

_PICTURE = re.compile(r"/image/([0-9a-f]{6})-(\d+)x(\d+)\.(png|jpg|gif|webp|ico|svg)$")
_PIL = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP", "ico": "ICO"}
_TYPES = {"jpg": "image/jpeg", "ico": "image/x-icon", "svg": "image/svg+xml"}

ENCODINGS = {
    "latin-1": "Café à la crème, ça coûte 3 £",
    "shift_jis": "日本語のページです",
    "windows-1251": "Привет, широкий мир",
    "euc-kr": "한국어 페이지입니다",
    "big5": "繁體中文的網頁",
}
ODD_PATH = "/odd/an%20odd%20n%C3%A4me/%E6%97%A5%E6%9C%AC;v=1"
CHAIN = ("/redirect/first", "/redirect/second", "/redirect/third", "/article")


def picture(colour: str, width: int, height: int, kind: str) -> bytes:
    """Return a picture of one colour (``rrggbb``)."""
    if kind == "svg":
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
            f'<rect width="100%" height="100%" fill="#{colour}"/></svg>'
        ).encode()
    out = io.BytesIO()
    options = {"sizes": [(width, height)]} if kind == "ico" else {}
    Image.new("RGB", (width, height), f"#{colour}").save(out, _PIL[kind], **options)
    return out.getvalue()


def _image(handler: "Handler") -> None:
    found = _PICTURE.match(urlsplit(handler.path).path)
    if not found:
        handler.reply("no such picture", "text/plain", status=404)
        return
    colour, width, height, kind = found.groups()
    handler.reply(picture(colour, int(width), int(height), kind), _TYPES.get(kind, f"image/{kind}"))


def _favicon(handler: "Handler") -> None:
    if handler.server.server_port == handler.site.other_port:
        handler.reply("none", "text/plain", status=404)
    else:
        handler.reply(picture("00ff00", 16, 16, "ico"), "image/x-icon")


def _font(handler: "Handler") -> None:
    handler.reply(square_font(), "font/ttf", headers=[("Access-Control-Allow-Origin", "*")])


def _sound(handler: "Handler") -> None:
    """Two seconds of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128]) * 16_000)
    handler.reply(out.getvalue(), "audio/wav")


def _redirect(handler: "Handler") -> None:
    path = urlsplit(handler.path).path
    turn = CHAIN.index(path)
    handler.reply(
        f"Moved: {path}",
        "text/plain",
        status=(301, 302, 307)[turn],
        headers=[
            ("Location", CHAIN[turn + 1]),
            ("Set-Cookie", f"first{turn}=1; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT"),
            ("Set-Cookie", f"second{turn}=2; Path=/"),
        ],
    )


def _refresh_header(handler: "Handler") -> None:
    handler.reply("<!doctype html><title>Wait</title><p>Wait", headers=[("Refresh", "0; url=/article?by=header")])


def _repeated_headers(handler: "Handler") -> None:
    headers = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"), ("X-Twice", "one"), ("X-Twice", "two, 2")]
    handler.reply("<!doctype html><title>Headers</title><p>Two cookies", headers=headers)


def _echo(handler: "Handler") -> None:
    seen = {"method": handler.command, "body": handler.body.decode("latin-1")}
    handler.reply(
        json.dumps(seen), "application/json", headers=[("Access-Control-Allow-Origin", "*"), ("X-Echo", "yes")]
    )


def _gzipped(handler: "Handler") -> None:
    body = json.dumps({"coding": "gzip", "filler": "x" * 5000}).encode()
    handler.reply(gzip.compress(body), "application/json", headers=[("Content-Encoding", "gzip")])


def _chunked(handler: "Handler") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for part in (b"one ", b"two ", b"three"):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.wfile.write(b"0\r\n\r\n")


def _no_content(handler: "Handler") -> None:
    handler.reply(status=204, mimetype="")


def _encoded(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.rpartition("/")[2]
    text = ENCODINGS[name]
    # One encoding is told by the header, the others by the page alone.
    page = (
        f'<!doctype html><html><head><meta charset="{name}"><title>{text}</title></head><body><p>{text}</body></html>'
    )
    mimetype = "text/html; charset=iso-8859-1" if name == "latin-1" else "text/html"
    handler.reply(page.encode(name), mimetype)


def _odd(handler: "Handler") -> None:
    handler.reply("<!doctype html><meta charset=utf-8><title>Odd address</title><p>Reached by an odd address")


def _strict(handler: "Handler") -> None:
    policy = "default-src 'none'; style-src 'self'; img-src 'self'; sandbox; require-trusted-types-for 'script'"
    handler.reply_page("strict.html", headers=[("Content-Security-Policy", policy), ("X-Frame-Options", "DENY")])


def _service_worker(handler: "Handler") -> None:
    handler.reply_page("service_worker.js", headers=[("Service-Worker-Allowed", "/")])


SANDBOXES = {
    "elements": "sandbox; script-src-elem 'unsafe-inline'",
    "attributes": "script-src-attr 'unsafe-inline'; sandbox allow-same-origin",
}


def _sandboxed(handler: "Handler") -> None:
    """A page that its policy forbids to run scripts, although it names sources of some."""
    policy = SANDBOXES[urlsplit(handler.path).path.rpartition("/")[2]]
    page = """<!doctype html><title>As it came</title><p>Nothing runs here.
<script>document.title = "changed"; fetch("/echo?ran=element")</script>
<img src="data:," alt="" onerror='document.title = "changed"; fetch("/echo?ran=attribute")'>"""
    handler.reply(page, headers=[("Content-Security-Policy", policy)])


def _redirect_to(handler: "Handler") -> None:
    handler.reply("", status=302, headers=[("Location", urlsplit(handler.path).query)])


def _tracked(handler: "Handler") -> None:
    """A page with pictures of two named hosts, which both lead here where a resolver says so."""
    port = handler.server.server_port
    pictures = [f"http://{host}:{port}/image/00ff00-10x10.png" for host in ("ads.tracker.test", "cdn.friend.test")]
    handler.reply("<!doctype html><title>Tracked</title>" + "".join(f'<img src="{url}">' for url in pictures))


GOOD: dict[str, Callable[["Handler"], None]] = {
    "/image/": _image,
    "/favicon.ico": _favicon,
    "/square.ttf": _font,
    "/sound.wav": _sound,
    "/redirect/first": _redirect,
    "/redirect/second": _redirect,
    "/redirect/third": _redirect,
    "/refresh_header": _refresh_header,
    "/repeated-headers": _repeated_headers,
    "/echo": _echo,
    "/tracked": _tracked,
    "/redirect-to": _redirect_to,
    "/gzipped": _gzipped,
    "/chunked": _chunked,
    "/no-content": _no_content,
    "/encoding/": _encoded,
    "/odd/": _odd,
    "/strict": _strict,
    "/sandboxed/": _sandboxed,
    "/service_worker.js": _service_worker,
}
