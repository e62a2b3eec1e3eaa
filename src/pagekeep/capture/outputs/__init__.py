"""The outputs of a visit: one file each, all of one shape.

A module here has ``NEEDS_PAGE`` (whether it needs the open page, or only what was recorded) and
``async make(visit, keep) -> str``: it turns the visit into bytes, hands them to ``keep`` and returns one readable line.
It raises :class:`~pagekeep.domain.errors.NoResult` where the page has nothing of the kind. Its name is the plugin's.
"""

from types import ModuleType

from pagekeep.capture.outputs import (
    accessibility,
    consolelog,
    dom,
    favicon,
    git,
    har,
    hashes,
    headers,
    htmltotext,
    markdown,
    media,
    mhtml,
    outlinks,
    pdf,
    readability,
    redirects,
    screenshot,
    singlefile,
    sslcerts,
    static,
    title,
    wacz,
    warc,
)
from pagekeep.domain.plugins import PLUGINS

_MODULES = (
    title,
    outlinks,
    headers,
    redirects,
    sslcerts,
    static,
    favicon,
    screenshot,
    dom,
    htmltotext,
    readability,
    markdown,
    accessibility,
    consolelog,
    singlefile,
    pdf,
    mhtml,
    media,
    git,
    har,
    warc,
    wacz,
    hashes,
)

OUTPUTS: dict[str, ModuleType] = {module.__name__.rpartition(".")[2]: module for module in _MODULES}

if list(OUTPUTS) != list(PLUGINS):
    raise ImportError("domain.plugins and capture.outputs name different plugins, or in another order")
