"""The options that say how far a crawl goes: the same for add and schedule add, with the API's words."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import orjson

from pagekeep.config.parsing import parse_size
from pagekeep.crawl.inputs import PARSERS
from pagekeep.crawl.reach import REACHES
from pagekeep.services.crawl_options import CrawlOptions
from pagekeep.services.tagging import split_tags

Command = Callable[..., None]
_DURATION = re.compile(r"(\d{1,20}(?:\.\d{1,20})?)\s*([smhd]?)", re.IGNORECASE)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Size(click.ParamType[int]):
    """Bytes, or a number with K, M, G or T."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(parse_size(value))  # type: ignore[call-overload, no-any-return]
        except ValueError as error:
            self.fail(f"{value!r} is no size; {error}.", param, ctx)


class Duration(click.ParamType[int]):
    """Seconds, or a number with s, m, h or d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(
                f"{value!r} is no length of time; write seconds, or a number with m, h or d, like 2h.", param, ctx
            )
        return int(float(found[1]) * _SECONDS[found[2].lower()])


class ConfigEntry(click.ParamType[tuple[str, object]]):
    """``KEY=VALUE``, the value as JSON where it is JSON and as text else."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, object]:
        if isinstance(value, tuple):  # click converts a default, or a value of several, twice
            return value
        key, separator, text = str(value).partition("=")
        if not separator or not key.strip():
            self.fail(f"{value!r} is not of the form KEY=VALUE.", param, ctx)
        try:
            return key.strip().upper(), orjson.loads(text)
        except orjson.JSONDecodeError:
            return key.strip().upper(), text


def crawl_options(function: Command) -> Command:
    """Give a command the options; it receives what is asked for as ``crawl``."""

    @wraps(function)
    def asked(*arguments: Any, config: tuple[tuple[str, object], ...], **others: Any) -> None:
        told = {key: others.pop(name) for name, key in _CONFIG.items()}
        own = {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}
        crawl = CrawlOptions(
            depth=others.pop("depth"),
            tags=split_tags(",".join(others.pop("tags"))),
            plugins=others.pop("plugins").split(","),
            persona=others.pop("persona"),
            label=others.pop("label"),
            notes=others.pop("notes"),
            config=dict(config) | {key: value for key, value in own.items() if value not in (None, [], "")},
            max_urls=others.pop("max_urls"),
            max_size=others.pop("max_size"),
            crawl_timeout=others.pop("crawl_timeout"),
            snapshot_max_size=others.pop("snapshot_max_size"),
        )
        function(*arguments, crawl=crawl, **others)

    for option in reversed(_OPTIONS):
        asked = option(asked)
    return asked


_CONFIG = {
    "scope": "CRAWL_SCOPE",
    "delay": "CRAWL_DELAY",
    "robots": "OBEY_ROBOTS",
    "sitemaps": "SITEMAPS",
    "allow": "URL_ALLOWLIST",
    "deny": "URL_DENYLIST",
    "page_timeout": "TIMEOUT",
    "user_agent": "USER_AGENT",
}
"""Which key of a crawl's ``config`` an option sets."""

_OPTIONS = (
    click.option(
        "--tag", "tags", multiple=True, metavar="TAG", help="Tag the snapshots; repeat it, or separate by commas."
    ),
    click.option("--plugins", default="", metavar="NAMES", help="Make only these outputs, separated by commas."),
    click.option(
        "--depth",
        "--max-depth",
        "depth",
        type=click.IntRange(0, 4),
        default=0,
        show_default=True,
        help="How many links away to go.",
    ),
    click.option(
        "--scope",
        "--crawl-scope",
        "scope",
        type=click.Choice(REACHES),
        help="Which links to follow: none but the page, those below its folder, on its host, its domain, or any.",
    ),
    click.option("--allow", "--url-allowlist", "allow", multiple=True, metavar="PATTERN", help="Only URLs that fit."),
    click.option("--deny", "--url-denylist", "deny", multiple=True, metavar="PATTERN", help="No URLs that fit."),
    click.option("--sitemaps/--no-sitemaps", default=None, help="Take what the sites' sitemaps list, too."),
    click.option("--robots/--no-robots", "robots", default=None, help="Obey robots.txt for links that are followed."),
    click.option(
        "--delay",
        "--crawl-delay",
        "delay",
        type=click.FloatRange(0),
        metavar="SECONDS",
        help="Between visits to a host.",
    ),
    click.option("--max-urls", type=click.IntRange(0), default=0, metavar="NUMBER", help="Pages at most; 0: no limit."),
    click.option("--max-size", type=Size(), default=0, metavar="SIZE", help="Bytes of all outputs, like 2G."),
    click.option("--snapshot-max-size", type=Size(), default=0, metavar="SIZE", help="Bytes of one page's outputs."),
    click.option(
        "--timeout",
        "--crawl-timeout",
        "crawl_timeout",
        type=Duration(),
        default=0,
        metavar="TIME",
        help="End the crawl so long after its first page: seconds, or like 30m, 2h, 1d.",
    ),
    click.option("--page-timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="For each page."),
    click.option("--user-agent", metavar="TEXT", help="Tell sites that this is the browser."),
    click.option("--persona", default="", metavar="NAME", help="Visit the pages as this persona, not as Default."),
    click.option("--label", default="", metavar="TEXT", help="A name for the crawl."),
    click.option("--notes", default="", metavar="TEXT", help="Whatever shall be remembered of it."),
    click.option(
        "--config",
        type=ConfigEntry(),
        multiple=True,
        metavar="KEY=VALUE",
        help="Any other key of the crawl's config, like SAVE_PDF=false; repeat it.",
    ),
)

parser_option = click.option(
    "--parser",
    type=click.Choice(PARSERS),
    default="auto",
    show_default=True,
    metavar="NAME",
    help=f"What the input is: {', '.join(PARSERS)}.",
)
