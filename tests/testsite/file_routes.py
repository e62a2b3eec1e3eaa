"""What the site answers where a URL leads to a file, to a part of one, or to something that goes on and on."""

import base64
import gzip
import hashlib
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from testsite.bombs import coded
from testsite.good_routes import picture
from testsite.preview_files import SVG, bomb, locked_pdf

if TYPE_CHECKING:
    from testsite.server import Handler

PAGES = Path(__file__).parent / "pages"
MEBIBYTE = bytes(range(256)) * 4096
LARGE_BYTES = 70 << 20
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 56>>stream
BT /F1 24 Tf 20 100 Td (A printed lighthouse) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
6 0 obj<</Title(The printed lighthouse)>>endobj
trailer<</Root 1 0 R/Info 6 0 R>>
"""
FILES = {
    "paper.pdf": (PDF, "application/pdf"),
    "notes.txt": ("Grüße, plain text\n".encode(), "text/plain; charset=utf-8"),
    "feed.xml": (b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title></channel></rss>", "text/xml"),
    "data.json": (b'{"lighthouses": 3}', "application/json"),
    "red.png": (picture("ff0000", 64, 32, "png"), "image/png"),
    "untitled.pdf": (PDF.replace(b"/Info 6 0 R", b""), "application/octet-stream"),
    "locked.pdf": (locked_pdf(), "application/pdf"),
    "text.txt": (PDF, "application/pdf"),
    "Thumbnail.jpg": (picture("ff0000", 64, 32, "jpg"), "image/jpeg"),
    "square.svg": (SVG, "image/svg+xml"),
    "letter.bin": (b"\0\1\2 no type at all", ""),
    "page-without-type": (b"  <!DOCTYPE html><title>No type</title><p>A page all the same", ""),
    "html-as-text.html": (b"<!doctype html><title>Shown as text</title>", "text/plain"),
    "picture-as-html": (picture("0000ff", 8, 8, "png"), "text/html"),
    "missing.json": (b'{"error": "gone"}', "application/json"),
}
DISPOSITIONS = {
    "climbing": 'attachment; filename="../../etc/cron.d/evil.sh"',
    "extended": "attachment; filename=plain.txt; filename*=UTF-8''%e6%97%a5%e8%a8%98.txt",
    "reserved": 'attachment; filename=".files.jsonl"',
    "page": 'attachment; filename="saved.html"',
    "long": f'attachment; filename="{"é" * 400}.tar.gz"',
}


def _file(handler: "Handler") -> None:
    name = unquote(urlsplit(handler.path).path.rpartition("/")[2])
    body, mimetype = FILES[name]
    handler.reply(body, mimetype, status=404 if name.startswith("missing") else 200)


def _bomb(handler: "Handler") -> None:
    handler.reply(bomb(), "image/png")


def _disposed(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.rpartition("/")[2]
    mimetype = "text/html" if name == "page" else "application/octet-stream"
    handler.reply(b"<!doctype html><p>Saved", mimetype, headers=[("Content-Disposition", DISPOSITIONS[name])])


def _large(handler: "Handler") -> None:
    """70 MiB, its length announced or (``/large/chunked``) not; made while they are sent."""
    kind = urlsplit(handler.path).path.rpartition("/")[2]
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html" if kind == "page" else "application/octet-stream")
    if kind == "chunked":
        handler.send_header("Transfer-Encoding", "chunked")
    else:
        handler.send_header("Content-Length", str(LARGE_BYTES))
    handler.end_headers()
    for _ in range(LARGE_BYTES >> 20):
        if kind == "chunked":
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(MEBIBYTE), MEBIBYTE))
        else:
            handler.wfile.write(MEBIBYTE)
    if kind == "chunked":
        handler.wfile.write(b"0\r\n\r\n")


def _heavy(handler: "Handler") -> None:
    """A style or script of some weight, the same each time."""
    script = handler.path.partition("?")[0].endswith(".js")
    kind = "script" if script else "style"
    lines = (f"/* line {number} of a {kind} that weighs something */" for number in range(1_500))
    handler.reply("\n".join(lines), "text/javascript" if script else "text/css")


def _ranges(handler: "Handler") -> None:
    """3,000 bytes, of which parts may be asked for (RFC 9110, section 14)."""
    whole = bytes(index % 251 for index in range(3_000))
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    if not asked:
        handler.reply(whole, "application/octet-stream", headers=[("Accept-Ranges", "bytes")])
        return
    first, last = int(asked[1]), int(asked[2] or len(whole) - 1)
    where = ("Content-Range", f"bytes {first}-{last}/{len(whole)}")
    handler.reply(whole[first : last + 1], "application/octet-stream", status=206, headers=[where])


def _coded(handler: "Handler") -> None:
    """``/coded/<coding>/<file of pages>`` in a content coding, its length told or (``?chunked``) not."""
    _, _, coding, name = urlsplit(handler.path).path.split("/", 3)
    body = coded(coding, (PAGES / name).read_bytes())
    kind = {"html": "text/html; charset=utf-8", "css": "text/css", "js": "text/javascript"}[name.rpartition(".")[2]]
    if not handler.path.endswith("?chunked"):
        handler.reply(body, kind, headers=[("Content-Encoding", coding)])
        return
    handler.send_response(200)
    for pair in (("Content-Type", kind), ("Content-Encoding", coding), ("Transfer-Encoding", "chunked")):
        handler.send_header(*pair)
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


def _tagged(handler: "Handler") -> None:
    """A resource with an entity tag: asked for with it, it has not changed."""
    if handler.headers.get("If-None-Match") == '"v1"':
        handler.reply(status=304, mimetype="", headers=[("ETag", '"v1"')])
    else:
        handler.reply("tagged", "text/plain", headers=[("ETag", '"v1"'), ("Cache-Control", "no-cache")])


VALIDATED = {"small.bin": b"\0small" * 20, "large.bin": bytes(range(256)) * 200, "paper.pdf": PDF}
LAST_MODIFIED = "Sun, 01 Nov 2026 08:00:00 GMT"


def _validated(handler: "Handler") -> None:
    """``/validated/<how>/<file>``: ``tag`` and ``date`` have not changed, ``new`` always has, ``page`` is one."""
    _, _, how, name = urlsplit(handler.path).path.split("/")
    if how == "moved":
        handler.reply("", status=302, headers=[("Location", f"/validated/tag/{name}")])
        return
    tag, known = ("ETag", '"v1"'), handler.headers.get("If-None-Match") == '"v1"'
    date = ("Last-Modified", LAST_MODIFIED)
    if how == "tag" and known:
        handler.reply(status=304, mimetype="", headers=[tag])
    elif how == "date" and handler.headers.get("If-Modified-Since") == LAST_MODIFIED:
        handler.reply(status=304, mimetype="")
    elif how == "page":
        handler.reply("<!doctype html><title>A page with a tag</title><p>Hello", headers=[tag, date])
    else:
        kind = "application/pdf" if name.endswith(".pdf") else "application/octet-stream"
        handler.reply(VALIDATED[name], kind, headers={"date": [date], "new": [("ETag", '"v2"')]}.get(how, [tag]))


def _early_hints(handler: "Handler") -> None:
    """A 103 (RFC 8297) before the answer itself."""
    handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n")
    handler.reply("<!doctype html><title>Hinted</title><link rel=stylesheet href=/style.css><p>After a hint")


def _seeming(handler: "Handler") -> None:
    """Paths that end like a file's, whatever they lead to."""
    name = urlsplit(handler.path).path.rpartition("/")[2]
    plainly = handler.headers.get("Connection") == "close"
    page = "<!doctype html><title>Seeming</title><p>A page all the same<img src=/image/00ff00-9x9.png>"
    match name:
        case "page.pdf":
            handler.reply(page, headers=[("Set-Cookie", "seen=1; Path=/"), ("X-Twice", "1"), ("X-Twice", "2")])
        case "moved.pdf":
            handler.reply("", status=302, headers=[("Location", "/files/paper.pdf")])
        case "moved-page.pdf":
            handler.reply("", status=302, headers=[("Location", "page.pdf")])
        case "round.pdf":
            handler.reply("", status=302, headers=[("Location", "round.pdf")])
        case "umlaut.pdf":
            where = "/files/paper.pdf?q=ü".encode().decode("latin-1")
            handler.reply("", status=302, headers=[("Location", where)])
        case "inside.pdf":
            handler.reply("", status=302, headers=[("Location", "http://10.255.255.1/secret.pdf")])
        case "cookie.pdf" if "known=1" not in handler.headers.get("Cookie", ""):
            handler.reply("", status=302, headers=[("Location", "cookie.pdf"), ("Set-Cookie", "known=1; Path=/")])
        case "browsers-only.pdf" if plainly:
            handler.reply("<h1>No robots</h1>", status=403)
        case "busy.pdf":
            handler.reply("<h1>Later</h1>", status=429, headers=[("Retry-After", "90")])
        case "gone.pdf":
            handler.reply("<!doctype html><title>Gone</title>", status=404)
        case "packed.json":
            handler.reply(gzip.compress(b'{"packed": 1}'), "application/json", headers=[("Content-Encoding", "gzip")])
        case "rare.json":
            handler.reply(coded("br", b'{"rare": 1}'), "application/json", headers=[("Content-Encoding", "br")])
        case "half.pdf":
            handler.close_connection = True
            handler.send_response(200)
            handler.send_header("Content-Type", "application/pdf")
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            handler.wfile.write(PDF)
        case "empty.zip":
            handler.reply(status=204, mimetype="")
        case _:
            handler.reply(PDF, "application/pdf")


def _three_events(handler: "Handler") -> None:
    """Server-sent events that end."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(b"retry: 600000\ndata: one\n\ndata: two\n\nid: 3\ndata: three\n\n")


def _socket(handler: "Handler") -> None:
    """A WebSocket (RFC 6455): greets, sends back what comes first, says something binary, closes."""
    key = handler.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    handler.close_connection = True
    handler.send_response(101)
    for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
        handler.send_header(name, value)
    handler.end_headers()
    _frame(handler, 1, b"welcome")
    length = handler.rfile.read(2)[1] & 0x7F
    mask = handler.rfile.read(4)
    said = bytes(byte ^ mask[index % 4] for index, byte in enumerate(handler.rfile.read(length)))
    _frame(handler, 1, b"you said " + said)
    _frame(handler, 2, b"\0\1\2")
    _frame(handler, 8, struct.pack("!H", 1000))


def _frame(handler: "Handler", opcode: int, data: bytes) -> None:
    handler.wfile.write(bytes((0x80 | opcode, len(data))) + data)
    handler.wfile.flush()


FILE_ROUTES: dict[str, Callable[["Handler"], None]] = {
    "/files/": _file,
    "/disposed/": _disposed,
    "/large/": _large,
    "/bomb.png": _bomb,
    "/heavy/": _heavy,
    "/coded/": _coded,
    "/ranges": _ranges,
    "/tagged": _tagged,
    "/seeming/": _seeming,
    "/validated/": _validated,
    "/early-hints": _early_hints,
    "/three-events": _three_events,
    "/socket": _socket,
}
