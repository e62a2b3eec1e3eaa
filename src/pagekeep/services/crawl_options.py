"""What may be asked of a crawl, whether it is made now or by a schedule again and again."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from pagekeep.config.load import settings
from pagekeep.crawl.scope import MAX_DEPTH
from pagekeep.domain.errors import BadInput
from pagekeep.services.crawl_config import crawl_settings, known_plugins
from pagekeep.services.known_persona import known_persona
from pagekeep.services.tagging import clean_names

MAX_LABEL = 255
MAX_NUMBER = 2**31 - 1
MAX_BYTES = 2**53 - 1
LIMITS = ("max_urls", "max_size", "crawl_timeout", "snapshot_max_size")


class CrawlOptions(TypedDict, total=False):
    """How far a crawl goes and what it makes of each page; each may be left out.

    Attributes:
        depth: how many links away from the URLs the crawl may go, 0 to 4.
        tags: names that every snapshot gets.
        plugins: names of the outputs to make; None or empty for the setting's.
        persona: who visits the pages; empty for the default.
        config: settings of this crawl, kept as given; see `crawl_config`.
        max_urls: how many pages the crawl may take; this and the other limits are 0 for none.
        max_size: bytes of all outputs after which it ends.
        crawl_timeout: seconds from its first page on after which it ends.
        snapshot_max_size: bytes of one page's outputs.
    """

    depth: int
    tags: Iterable[str]
    plugins: Iterable[str] | None
    persona: str
    label: str
    notes: str
    config: Mapping[str, object] | None
    max_urls: int
    max_size: int
    crawl_timeout: int
    snapshot_max_size: int


def crawl_fields(options: CrawlOptions) -> dict[str, Any]:
    """Return the options as the fields that crawls and schedules keep them in.

    Raises:
        BadInput: depth, the label, a tag, a plugin, the config or a limit is bad, or there is no such persona.
    """
    depth, config = options.get("depth", 0), dict(options.get("config") or {})
    if not 0 <= depth <= MAX_DEPTH:
        raise BadInput(f"depth={depth} is not possible; it goes from 0 to {MAX_DEPTH}.")
    if len(options.get("label", "")) > MAX_LABEL:
        raise BadInput(f"The label has more than {MAX_LABEL} characters; shorten it.")
    limits = {name: options.get(name, 0) for name in LIMITS}
    check_limits(limits)
    plugins = known_plugins(options.get("plugins") or ())
    crawl_settings(settings(), plugins, config)  # a bad value is refused now, not when a worker meets it
    return {
        "max_depth": depth,
        "tags_str": ",".join(clean_names(options.get("tags", ()))),
        "plugins": list(plugins),
        "persona": known_persona(options.get("persona", "")),
        "label": options.get("label", ""),
        "notes": options.get("notes", ""),
        "config": config,
        **limits,
    }


def check_limits(limits: Mapping[str, Any]) -> None:
    """Check the limits of a crawl, by their names.

    Raises:
        BadInput: one is negative or too large.
    """
    for name, number in limits.items():
        most = MAX_BYTES if name.endswith("size") else MAX_NUMBER
        if not 0 <= number <= most:
            raise BadInput(f"{name}={number} is not possible; it goes from 0, for no limit, to {most}.")
