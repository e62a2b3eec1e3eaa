"""Makes a visit's browser context and targets those of an identity, before anything is asked for."""

import json
import logging
import time
from importlib.resources import files

from pagekeep.capture.chromium.client_hints import is_mobile, metadata_of, platform_of
from pagekeep.capture.chromium.devtools import DevToolsError, Params, Session
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.errors import CaptureError
from pagekeep.domain.identity import DEFAULT_LANGUAGES, Identity, accept_language

log = logging.getLogger(__name__)
_STORAGE = (files("pagekeep.capture") / "scripts" / "storage.js").read_text(encoding="utf-8")
_NAVIGATOR = (files("pagekeep.capture") / "scripts" / "navigator.js").read_text(encoding="utf-8")
_BATCH = 500
_WORLD = "pagekeep-storage"


class Emulation:
    """How a browser passes for an identity.

    Args:
        own_user_agent: the browser's own, for an identity that has none.
    """

    def __init__(self, identity: Identity, own_user_agent: str) -> None:
        self._identity = identity
        self._user_agent = identity.user_agent or own_user_agent

    @property
    def headers(self) -> dict[str, str]:
        """What each request says of the identity."""
        return {"User-Agent": self._user_agent, "Accept-Language": accept_language(self._identity.languages)}

    async def prepare_context(self, browser: Session, context_id: str) -> None:
        """Give an empty browser context the identity's cookies, and leave to tell where it is.

        A cookie that the browser does not take, such as one whose name promises what it does not keep, is left out.
        """
        if self._identity.geolocation:
            await browser.call("Browser.grantPermissions", permissions=["geolocation"], browserContextId=context_id)
        now = time.time()
        cookies = [_parameter(cookie) for cookie in self._identity.cookies if not cookie.is_expired(now)]
        refused = 0
        for start in range(0, len(cookies), _BATCH):
            refused += await _set_cookies(browser, context_id, cookies[start : start + _BATCH])
        if refused:
            log.warning("The browser refused %s of the persona's %s cookies.", refused, len(cookies))

    async def prepare_page(self, session: Session) -> None:
        """Make a page the identity's: what its scripts see, what it sends, and what its sites find stored.

        Raises:
            CaptureError: the browser does not know the time zone.
        """
        identity, viewport = self._identity, self._identity.viewport
        mobile = is_mobile(self._user_agent)
        await session.call(
            "Emulation.setDeviceMetricsOverride",
            width=viewport.width,
            height=viewport.height,
            deviceScaleFactor=viewport.scale,
            mobile=mobile,
        )
        if mobile:
            session.post("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
        await session.call("Emulation.setUserAgentOverride", **self._override())
        if identity.timezone:
            try:
                await session.call("Emulation.setTimezoneOverride", timezoneId=identity.timezone)
            except DevToolsError as error:
                raise CaptureError(
                    f"The browser does not know the time zone {identity.timezone!r}; give the persona another."
                ) from error
        self._prepare_frame(session)
        if identity.storage:
            by_origin = {one.origin: [dict(one.local), dict(one.session)] for one in identity.storage}
            source = f"({_STORAGE})({json.dumps(by_origin)})"
            await session.call("Page.addScriptToEvaluateOnNewDocument", source=source, worldName=_WORLD)

    def prepare_target(self, session: Session, *, is_frame: bool) -> None:
        """Make a frame of another process, or a worker, the identity's while it waits to run."""
        session.post("Emulation.setUserAgentOverride", **self._override())
        if self._identity.timezone:
            # A process has one time zone: where the page shares it, it is there already and this is refused.
            session.post("Emulation.setTimezoneOverride", timezoneId=self._identity.timezone)
        if is_frame:
            self._prepare_frame(session)
            return
        self._set_locale(session)
        if self._identity.user_agent:
            seen = {"userAgent": self._user_agent, "platform": platform_of(self._user_agent)}
            given = json.dumps({name: value for name, value in seen.items() if value})
            session.post("Runtime.evaluate", expression=f"({_NAVIGATOR})({given})")

    def _prepare_frame(self, session: Session) -> None:
        self._set_locale(session)
        if place := self._identity.geolocation:
            session.post(
                "Emulation.setGeolocationOverride",
                latitude=place.latitude,
                longitude=place.longitude,
                accuracy=place.accuracy,
            )
        if scheme := self._identity.color_scheme:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            session.post("Emulation.setEmulatedMedia", features=features)

    def _set_locale(self, session: Session) -> None:
        if self._identity.languages != DEFAULT_LANGUAGES:
            session.post("Emulation.setLocaleOverride", locale=self._identity.languages[0].replace("-", "_"))

    def _override(self) -> Params:
        """Return what goes with the User-Agent: what scripts and hints tell of the browser says the same."""
        override: Params = {"userAgent": self._user_agent, "acceptLanguage": ",".join(self._identity.languages)}
        if platform := platform_of(self._user_agent):
            override["platform"] = platform
        if metadata := metadata_of(self._user_agent):
            override["userAgentMetadata"] = metadata
        return override


async def _set_cookies(browser: Session, context_id: str, cookies: list[Params]) -> int:
    """Set cookies and return how many of them the browser refuses: it sets none where one of them is bad."""
    try:
        await browser.call("Storage.setCookies", cookies=cookies, browserContextId=context_id)
    except DevToolsError:
        if len(cookies) == 1:
            return 1
        half = len(cookies) // 2
        first = await _set_cookies(browser, context_id, cookies[:half])
        return first + await _set_cookies(browser, context_id, cookies[half:])
    return 0


def _parameter(cookie: Cookie) -> Params:
    """Return a cookie as DevTools takes it (``Network.CookieParam``): one with an address is for that host alone."""
    made: Params = {
        "name": cookie.name,
        "value": cookie.value,
        "path": cookie.path,
        "secure": cookie.secure,
        "httpOnly": cookie.http_only,
    }
    if cookie.host_only:
        made["url"] = f"{'https' if cookie.secure else 'http'}://{cookie.domain}{cookie.path}"
    else:
        made["domain"] = f".{cookie.domain}"
    if cookie.expires:
        made["expires"] = cookie.expires
    if cookie.same_site:
        made["sameSite"] = cookie.same_site
    return made
