"""What a browser tells of itself beside its User-Agent, so that both say the same.

Sources: User-Agent Client Hints (WICG), section 2; DevTools protocol, ``Emulation.UserAgentMetadata``.
"""

import re

from pagekeep.capture.chromium.devtools import Params

_CHROMIUM = re.compile(r"Chrome/(\d{1,4})((?:\.\d{1,6}){0,3})")
_EDGE = re.compile(r"Edg(?:A)?/(\d{1,4})((?:\.\d{1,6}){0,3})")
# Other browsers of the same make name themselves after it, and hint at themselves in ways of their own.
_OTHERS = re.compile(r"(?:OPR|Opera|SamsungBrowser|YaBrowser|Vivaldi|UCBrowser|DuckDuckGo|HeadlessChrome)/")
# A sign in the User-Agent: the hint's name of the system, what scripts read as platform, and the system's version.
_SYSTEMS = (
    ("Windows NT", "Windows", "Win32", None),
    ("Android", "Android", "Linux armv81", re.compile(r"Android (\d+(?:\.\d+)*)")),
    ("iPhone", "iOS", "iPhone", None),
    ("iPad", "iOS", "iPad", None),
    ("Macintosh", "macOS", "MacIntel", re.compile(r"Mac OS X (\d+(?:[._]\d+)*)")),
    ("CrOS", "Chrome OS", "Linux x86_64", re.compile(r"CrOS \S+ (\d+(?:\.\d+)*)")),
    ("Linux", "Linux", "Linux x86_64", None),
)


def is_mobile(user_agent: str) -> bool:
    """Return whether this is the browser of a telephone, as sites tell it."""
    return "Mobi" in user_agent


def platform_of(user_agent: str) -> str:
    """Return what ``navigator.platform`` is in such a browser; empty where it is not known."""
    return next((platform for sign, _, platform, _ in _SYSTEMS if sign in user_agent), "")


def metadata_of(user_agent: str) -> Params | None:
    """Return the hints that go with a User-Agent; None for browsers that give none."""
    chromium, edge = _CHROMIUM.search(user_agent), _EDGE.search(user_agent)
    system = next(((name, version) for sign, name, _, version in _SYSTEMS if sign in user_agent), None)
    if chromium is None or system is None or system[0] == "iOS" or _OTHERS.search(user_agent):
        return None
    name, version = system
    told = version.search(user_agent) if version else None
    brands = [("Chromium", chromium), ("Microsoft Edge", edge) if edge else ("Google Chrome", chromium)]
    mobile = is_mobile(user_agent)
    return {
        "brands": [*({"brand": b, "version": v[1]} for b, v in brands), {"brand": "Not.A/Brand", "version": "99"}],
        "fullVersionList": [
            *({"brand": brand, "version": v[1] + (v[2] or ".0.0.0")} for brand, v in brands),
            {"brand": "Not.A/Brand", "version": "99.0.0.0"},
        ],
        "platform": name,
        "platformVersion": told[1].replace("_", ".") if told else "10.0.0" if name == "Windows" else "",
        "architecture": "" if name == "Android" else "x86",
        "bitness": "" if name == "Android" else "64",
        "model": "",
        "mobile": mobile,
        "wow64": False,
    }
