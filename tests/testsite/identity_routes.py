"""What the site sees of a browser: page, frames and workers each ask for a path of their own.

``/identity`` gathers what scripts see into its text as JSON; requests are in the site's log. Nothing here repeats a
cookie, so that a kept cookie is one that was kept on purpose.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from testsite.media_routes import tone

if TYPE_CHECKING:
    from testsite.server import Handler

_SEEN = """
const seen = () => ({
  userAgent: navigator.userAgent, languages: [...navigator.languages], language: navigator.language,
  platform: navigator.platform, brands: navigator.userAgentData?.brands?.map((one) => one.brand) ?? null,
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: Intl.NumberFormat().resolvedOptions().locale,
});
"""
_WORKER = """
  const ask = (who) => fetch(`/identity/asks?who=${who}`);
"""
WORKERS = {
    "worker": _SEEN + _WORKER + "ask('worker').finally(() => postMessage(seen()));",
    "shared": _SEEN
    + _WORKER
    + "onconnect = (event) => ask('shared').finally(() => event.ports[0].postMessage(seen()));",
    "service": _SEEN
    + _WORKER
    + "onmessage = (event) => ask('service').finally(() => event.source.postMessage(seen()));",
}
_PAGE = """<!doctype html><title>Identity</title><link rel="icon" href="/identity/icon.png">
<meta name="viewport" content="width=device-width">
<pre id="seen" style="white-space: pre-wrap; word-break: break-all"></pre>
<iframe id="other" src="{there}/identity/frame"></iframe>
<script>
{seen}
const within = (promise) => Promise.race([promise, new Promise((go) => setTimeout(go, 3000, "none"))]);
const place = new Promise((go) => navigator.geolocation.getCurrentPosition(
  ({{coords}}) => go([coords.latitude, coords.longitude, coords.accuracy]), (error) => go(error.code)));
const said = (port) => new Promise((go) => port.addEventListener("message", (event) => go(event.data), {{once: true}}));
const worker = said(new Worker("/identity/worker.js"));
const shared = (() => {{
  const port = new SharedWorker("/identity/shared.js").port;
  const heard = said(port);
  port.start();
  return heard;
}})();
const service = (async () => {{
  const {{installing, waiting, active}} = await navigator.serviceWorker.register("/identity/service.js");
  const heard = said(navigator.serviceWorker);
  navigator.serviceWorker.startMessages();
  (installing ?? waiting ?? active).postMessage("seen?");
  return heard;
}})();
const frame = new Promise((go) => addEventListener("message", (event) => go(event.data), {{once: true}}));
// A page that changes is waited for.
const busy = setInterval(() => {{ document.getElementById("seen").textContent += "."; }}, 20);
(async () => {{
  await fetch("/identity/asks?who=page");
  const all = {{
    ...seen(), width: innerWidth, height: innerHeight, scale: devicePixelRatio, touch: navigator.maxTouchPoints,
    dark: matchMedia("(prefers-color-scheme: dark)").matches, place: await within(place),
    local: {{...localStorage}}, session: {{...sessionStorage}}, first: window.first,
    worker: await within(worker), shared: await within(shared), service: await within(service),
    frame: await within(frame),
  }};
  clearInterval(busy);
  document.getElementById("seen").textContent = JSON.stringify(all);
}})();
</script>"""
_FRAME = """<!doctype html><title>Frame</title><script>
{seen}
fetch("/identity/asks?who=frame").finally(() => parent.postMessage({{
  ...seen(), dark: matchMedia("(prefers-color-scheme: dark)").matches, stored: localStorage.length}}, "*"));
</script>"""


def _page(handler: "Handler") -> None:
    # The first script there is tells what the site finds stored before it does anything.
    first = "<script>window.first = {...localStorage};</script>"
    handler.reply(first + _PAGE.format(seen=_SEEN, there=handler.site.other_url("")))


def _frame(handler: "Handler") -> None:
    handler.reply(_FRAME.format(seen=_SEEN))


def _script(name: str) -> Callable[["Handler"], None]:
    return lambda handler: handler.reply(WORKERS[name], "text/javascript")


def _asks(handler: "Handler") -> None:
    handler.reply("{}", "application/json")


def _leads_away(handler: "Handler") -> None:
    """Redirect to ``?to=``, and renew a cookie on the way."""
    (target,) = parse_qs(urlsplit(handler.path).query)["to"]
    renewed = ("Set-Cookie", "renewed=renewed-s3cret-value; Path=/")
    handler.reply(status=302, headers=(("Location", target), renewed))


def _members(handler: "Handler") -> None:
    """A page for those who have the cookie ``member``; its script sends it around, as scripts do."""
    if "member=" not in handler.headers.get("Cookie", ""):
        handler.reply("<title>Log in</title>", status=403)
        return
    name = handler.headers["Cookie"].split("member=")[1].split(";")[0].split("-")[0]
    page = f"""<!doctype html><title>Members</title><h1>Hello {name}</h1><img src="/identity/asks?picture">
    <script>
    const value = document.cookie.match(/script=([^;]*)/)?.[1] ?? "";
    fetch("/identity/asks?who=beacon&value=" + value, {{method: "POST", body: "token=" + value,
      headers: {{"X-Token": value, "Content-Type": "text/plain"}}}});
    </script>{"<p>Much to read. </p>" * 2000}"""
    renewed = ("Set-Cookie", "member=renewed-s3cret-value; Path=/; HttpOnly")
    handler.reply(page, headers=(renewed, ("X-Hello", name)))


def _film(handler: "Handler") -> None:
    if "member=" in handler.headers.get("Cookie", ""):
        handler.reply(tone(), "audio/wav")
    else:
        handler.reply("for members", "text/plain", status=403)


IDENTITY: dict[str, Callable[["Handler"], None]] = {
    "/identity": _page,
    "/identity/frame": _frame,
    "/identity/asks": _asks,
    "/identity/away": _leads_away,
    "/identity/members": _members,
    "/identity/film": lambda handler: handler.reply(
        '<title>Film</title><audio preload="none" src="/identity/film.wav">'
    ),
    "/identity/film.wav": _film,
    "/identity/report.pdf": lambda handler: handler.reply(b"%PDF-1.4 a report", "application/pdf"),
    **{f"/identity/{name}.js": _script(name) for name in WORKERS},
}
