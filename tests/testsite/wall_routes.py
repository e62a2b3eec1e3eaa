"""What sites put in the place of a page, and pages that only resemble that."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from testsite.server import Handler

_WIDGET = '<div class="{}" style="width: 300px; height: 70px; border: 1px solid">I am not a robot</div>'
_FORM = "<form method=post><input autocomplete=username><input type=password><button>Log in</button></form>"
_ARTICLE = "<p>A captcha asks whether you are human, and many a robot says: I am not a robot. " * 30
_PASSING = """<title>Just a moment...</title><h1>Checking your browser</h1><script>
setTimeout(() => { document.cookie = "clearance=1; path=/"; location.reload(); }, 700);</script>"""

PAGES: dict[str, tuple[int, str]] = {
    # Walls
    "cloudflare": (403, "<title>Just a moment...</title><h1>Verifying you are human</h1>"),
    "recaptcha": (
        429,
        f"<title>Sorry</title><p>Our systems have detected unusual traffic.{_WIDGET.format('g-recaptcha')}",
    ),
    "hcaptcha": (200, f"<title>Checking</title><p>Please verify you are human.{_WIDGET.format('h-captcha')}"),
    "perimeterx": (403, '<title>Denied</title><div id="px-captcha" style="height: 50px">Press and hold</div>'),
    "login": (200, f"<title>Log in</title><h1>Log in</h1>{_FORM}"),
    "forbidden": (403, f"<title>Members only</title><p>Log in to read this.{_FORM}"),
    "consent/m": (
        200,
        "<title>Before you continue</title><p>We use cookies.<button>Accept</button><button>Reject</button>",
    ),
    "age": (
        200,
        "<title>Beer</title><p>You must be 18 or older to enter.</p><button>Enter</button><button>Leave</button>",
    ),
    "scripts": (200, "<title>App</title><p>You need to enable JavaScript to run this app."),
    # Pages
    "article": (200, f"<title>On captchas</title><h1>On captchas</h1>{_ARTICLE}{_WIDGET.format('g-recaptcha')}"),
    "contact": (
        200,
        "<title>Contact</title><form><input name=name><textarea name=text></textarea><p>Prove that you are human."
        f"{_WIDGET.format('h-captcha')}<button>Send</button></form>",
    ),
    "header": (403, f"<title>Not for you</title><header>{_FORM}</header><main><p>You may not read this.</main>"),
    "front": (200, f"<title>Front</title><header>{_FORM}</header><main><p>The front page.</main>"),
    "hidden": (
        403,
        f"<title>No</title><div hidden>{_FORM}{_WIDGET.format('g-recaptcha')}</div><p>Are you a robot? No entry.",
    ),
}
LEADING = {"members": "/walls/login?next=members", "asked": "/walls/consent/m?continue=asked", "moved": "/walls/front"}


def _wall(handler: "Handler") -> None:
    name = urlsplit(handler.path).path.removeprefix("/walls/")
    if name in LEADING:
        handler.reply("", status=302, headers=[("Location", LEADING[name])])
    elif name == "passing" and "clearance=1" not in handler.headers.get("Cookie", ""):
        handler.reply(f"<!doctype html>{_PASSING}", status=403, headers=[("cf-mitigated", "challenge")])
    elif name == "passing":
        handler.reply("<!doctype html><title>Let through</title><p>The page itself.<a href=/plain>on</a>")
    else:
        status, body = PAGES[name]
        headers = [("cf-mitigated", "challenge")] if name == "cloudflare" else []
        handler.reply(
            f"<!doctype html><meta charset=utf-8>{body}<p><a href=/plain>A link</a>", status=status, headers=headers
        )


WALLS: dict[str, Callable[["Handler"], None]] = {"/walls/": _wall}
