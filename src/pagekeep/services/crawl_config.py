"""The settings one crawl may change by the keys of its ``config``; unknown keys are kept and have no effect."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pagekeep.config.declarations import Settings, did_you_mean, known_behaviours
from pagekeep.config.parsing import split_list
from pagekeep.crawl.politeness import delay_of
from pagekeep.crawl.reach import REACHES
from pagekeep.crawl.scope import Scope, scope_of
from pagekeep.domain.errors import BadInput
from pagekeep.domain.plugins import PLUGINS

_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class CrawlSettings:
    """What holds for the pages of one crawl.

    ``timeout`` and ``crawl_delay`` are in seconds, ``reach`` is the name of one of `crawl.reach`.
    """

    plugins: tuple[str, ...]
    timeout: float
    user_agent: str
    check_certificates: bool
    behaviours: tuple[str, ...]
    block_list: str
    scope: Scope
    reach: str
    obey_robots: bool
    sitemaps: bool
    crawl_delay: float


def crawl_settings(
    own: Settings, plugins: Iterable[str], config: Mapping[str, object], *, follows: bool = False
) -> CrawlSettings:
    """Return the installation's settings with a crawl's own on top.

    Args:
        plugins: the crawl's own choice; empty for the setting's.
        config: known keys are TIMEOUT (s), USER_AGENT, CHECK_SSL_VALIDITY, BEHAVIOURS (names), BLOCK_ADS,
            URL_ALLOWLIST, URL_DENYLIST (see `scope_of`), CRAWL_SCOPE, CRAWL_DELAY (s), OBEY_ROBOTS, SITEMAPS and
            SAVE_<PLUGIN>.
        follows: the page's links are followed, for which ``outlinks`` is made whatever was chosen.

    Raises:
        BadInput: a plugin or behaviour is unknown or a known key has a bad value.
    """
    names = known_plugins(plugins) or own.plugins
    for name in PLUGINS:
        key = f"SAVE_{name.upper()}"
        if key in config and not _boolean(key, config[key]):
            names = tuple(kept for kept in names if kept != name)
    if follows:
        names = known_plugins((*names, "outlinks"))
    if "wacz" in names and "warc" not in names:  # it is the WARC, packed
        names = known_plugins((*names, "warc"))
    if not names:
        raise BadInput("The crawl's config turns every output off; leave at least one on.")
    return CrawlSettings(
        plugins=names,
        timeout=_seconds("TIMEOUT", config.get("TIMEOUT", own.timeout)),
        user_agent=str(config.get("USER_AGENT") or own.user_agent),
        check_certificates=_boolean("CHECK_SSL_VALIDITY", config.get("CHECK_SSL_VALIDITY", own.check_ssl_validity)),
        behaviours=_behaviours(config.get("BEHAVIOURS", own.behaviours)),
        block_list=_block_list(own.block_list, config),
        scope=scope_of(config),
        reach=_reach(config.get("CRAWL_SCOPE", own.crawl_scope)),
        obey_robots=_boolean("OBEY_ROBOTS", config.get("OBEY_ROBOTS", own.obey_robots)),
        sitemaps=_boolean("SITEMAPS", config.get("SITEMAPS", own.sitemaps)),
        crawl_delay=delay_of(config, own.crawl_delay),
    )


def known_plugins(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in the order plugins are made.

    Raises:
        BadInput: a name is unknown.
    """
    wanted = [name.strip().lower() for name in names if name.strip()]
    for name in wanted:
        if name not in PLUGINS:
            raise BadInput(f"There is no plugin {name!r}{did_you_mean(name, PLUGINS)}; known are {', '.join(PLUGINS)}.")
    return tuple(name for name in PLUGINS if name in wanted)


def _boolean(key: str, value: object) -> bool:
    found = _WORDS.get(str(value).strip().lower())
    if found is None:
        raise BadInput(f"{key} in the crawl's config is {value!r}; it must be true or false.")
    return found


def _reach(value: object) -> str:
    name = str(value).strip().lower()
    if name not in REACHES:
        raise BadInput(f"CRAWL_SCOPE in the crawl's config is {value!r}; allowed are {', '.join(REACHES)}.")
    return name


def _behaviours(value: object) -> tuple[str, ...]:
    names = split_list(value)
    if not isinstance(names, list | tuple):
        raise BadInput(f"BEHAVIOURS in the crawl's config is {value!r}; it must be a list of names.")
    try:
        return known_behaviours(map(str, names))
    except ValueError as error:
        raise BadInput(f"In the crawl's config, {error}.") from error


def _block_list(path: str, config: Mapping[str, object]) -> str:
    wanted = _boolean("BLOCK_ADS", config.get("BLOCK_ADS", bool(path)))
    if wanted and not path:
        raise BadInput(
            "BLOCK_ADS in the crawl's config needs a list of what to block; name one in PAGEKEEP_BLOCK_LIST."
        )
    return path if wanted else ""


def _seconds(key: str, value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = 0.0
    if isinstance(value, bool) or not 0 < seconds <= 3600:
        raise BadInput(f"{key} in the crawl's config is {value!r}; it must be a number of seconds up to 3600.")
    return seconds
