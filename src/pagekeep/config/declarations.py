"""The settings: type, default, unit and one line of help, each declared once."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pagekeep.config.database_url import parse_database_url
from pagekeep.config.parsing import Bytes, Texts, check_networks
from pagekeep.domain.behaviours import BEHAVIOURS, DEFAULT_BEHAVIOURS
from pagekeep.domain.plugins import DEFAULT_PLUGINS, PLUGINS
from pagekeep.domain.tracking import TRACKING_PARAMETERS

PREFIX = "PAGEKEEP_"
MIB = 2**20


def _setting(default: object, text: str, unit: str = "", **bounds: float) -> Any:
    return Field(default, description=text, json_schema_extra={"unit": unit}, validate_default=True, **bounds)  # type: ignore[call-overload]


class Settings(BaseSettings):
    """What the person who runs the archive decides. Made by `load.load_settings` and never changed after that."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    data_dir: Path = _setting(Path("data"), "Folder that holds everything the archive keeps (environment only).")
    secret_key: SecretStr = _setting(
        SecretStr(""),
        "Signs sessions and API tokens; when empty, one is made in the data directory at the first start.",
    )
    database_url: SecretStr = _setting(
        SecretStr(""),
        "A PostgreSQL database for the records, like postgresql://user:password@host:5432/name; when empty they are in "
        "SQLite in the data directory.",
    )

    host: str = _setting("127.0.0.1", "Address the server listens on.")
    port: int = _setting(8000, "Port the server listens on; 0 takes a free one.", ge=0, le=65535)
    base_url: str = _setting(
        "", "Address people use when the server is behind a proxy, like https://archive.example.org."
    )
    allowed_hosts: Texts = _setting((), "Further host names the server answers to; * answers to all.")
    trusted_proxies: Texts = _setting(
        (), "Proxies (IP addresses or networks) whose X-Forwarded-* headers are believed."
    )
    api_allowed_origins: Texts = _setting(
        ("*",), "Web origins whose pages may call the API, like https://app.example.org; * allows all."
    )
    max_upload_size: Bytes = _setting(
        1024 * MIB,
        "Largest file that a client may upload, whole or in parts, and all files of one request together.",
        "bytes",
        ge=1,
    )
    server_processes: int = _setting(1, "Processes that answer requests.", "processes", ge=1, le=64)
    server_threads: int = _setting(8, "Threads that answer requests, in each process.", "threads", ge=1, le=256)
    server_worker: bool = _setting(True, "Whether the server starts a worker of its own and watches it.")
    public_index: bool = _setting(False, "Whether people who are not logged in may see the list and the snapshots.")
    public_add: bool = _setting(False, "Whether people who are not logged in may add URLs at /add/.")
    metrics_public: bool = _setting(False, "Whether everyone may read /metrics, without a token.")
    token_days: int = _setting(30, "How long a new API token is valid.", "days", ge=1, le=36500)
    api_basic_auth: bool = _setting(
        False, "Whether the API also takes user name and password of a superuser with each request (HTTP Basic)."
    )
    webhook_allow_private: Texts = _setting(
        (), "Private addresses that webhooks may be sent to: networks, hosts or host:port, like 192.168.1.5:8123."
    )

    plugins: Texts = _setting(DEFAULT_PLUGINS, "Outputs made of each page.")
    behaviours: Texts = _setting(
        DEFAULT_BEHAVIOURS, "What is done to a page before it is looked at; none leaves it as it came."
    )
    only_new: bool = _setting(False, "Whether adding a URL that is already archived is passed over.")
    crawl_scope: Literal["page", "prefix", "host", "domain", "any"] = _setting(
        "any",
        "Where links lead that crawls follow: places in the pages they were given, below their folders, on their "
        "hosts, of their domains, or anywhere.",
    )
    obey_robots: bool = _setting(True, "Whether links that a site's robots.txt excludes are left out.")
    sitemaps: bool = _setting(False, "Whether crawls with a depth also take the pages that sites list in sitemaps.")
    tracking_parameters: Texts = _setting(
        TRACKING_PARAMETERS,
        "Parameters of URLs that make no other page, and that followed links go without; a * at the end stands for any "
        "rest, none keeps all.",
    )
    max_variations: int = _setting(
        1000,
        "Followed links of one path, with another query, date or session each, that a crawl takes; 0 for no limit.",
        "links",
        ge=0,
    )
    tabs: int = _setting(
        0,
        "Pages captured at the same time by a worker; 0: as many as processors and memory allow, see docs/deploy.md.",
        "pages",
        ge=0,
        le=64,
    )
    min_free_space: Bytes = _setting(
        1024 * MIB,
        "Workers take no pages while less is free on the disk of the data directory; 64M at least.",
        "bytes",
        ge=0,
    )
    worker_niceness: int = _setting(
        10,
        "How far workers and their browsers stand back behind all else on the machine: 0 not at all, 19 the most.",
        ge=0,
        le=19,
    )
    timeout: float = _setting(60.0, "Time for a page to load.", "seconds", gt=0, le=3600)
    settle_timeout: float = _setting(
        10.0, "Time for a page to become quiet, each time it is waited for.", "seconds", ge=0
    )
    output_timeout: float = _setting(60.0, "Time for each output.", "seconds", gt=0, le=3600)
    download_timeout: float = _setting(
        600.0, "Time for a file that a URL leads to, for media and for git.", "seconds", gt=0, le=86400
    )
    max_body_size: Bytes = _setting(100 * MIB, "Largest response body that is kept.", "bytes", ge=1)
    max_visit_size: Bytes = _setting(256 * MIB, "All response bodies of one visit together.", "bytes", ge=1)
    max_download_size: Bytes = _setting(
        750 * MIB, "Largest file that a URL leads to, git repository, and all media of a page together.", "bytes", ge=1
    )
    max_page_memory: Bytes = _setting(
        2048 * MIB, "What one page may take in the browser; one that wants more is ended.", "bytes", ge=512 * MIB
    )
    max_height: int = _setting(
        16_000, "How far down a page is scrolled and photographed.", "CSS pixels", ge=100, le=16_000
    )
    user_agent: str = _setting("", "Replaces the browser's own User-Agent.")
    redact_cookies: bool = _setting(False, "Whether the values of cookies are left out of everything that is kept.")
    keep_secrets: bool = _setting(
        False,
        "Whether user names and passwords in URLs, authorization headers and the cookies a persona brings along are "
        "kept with the outputs.",
    )
    check_ssl_validity: bool = _setting(True, "Whether a page with a bad certificate is refused.")
    time_zone: str = _setting("UTC", "Whose clocks schedules go by, like Europe/Berlin, unless they name their own.")
    allow_private: Texts = _setting(
        (), "Private addresses that may be archived: networks, hosts or host:port, like 192.168.1.0/24 or nas.lan."
    )
    block_list: str = _setting(
        "",
        "Path of a file with hosts (advertisers, trackers) nothing is asked of: a hosts file, a list of domains, or an "
        "Adblock list, of which the rules like ||ads.example^ are used; when empty nothing is blocked.",
    )
    chromium: str = _setting("", "Path of the browser; when empty it is looked for.")
    chromium_sandbox: Literal["auto", "on", "off"] = _setting(
        "auto", "The browser's own sandbox: on, off, or auto (off only for root, who cannot use it)."
    )
    browser_pages: int = _setting(
        500, "After how many pages a new browser takes the next ones; open pages end in the old one.", "pages", ge=1
    )
    browser_age: float = _setting(3600.0, "After how long a new browser takes the next pages.", "seconds", gt=0)
    browser_memory: Bytes = _setting(
        1024 * MIB,
        "What the browser may take beside its open pages before a new one takes the next pages.",
        "bytes",
        ge=128 * MIB,
    )

    lease_seconds: int = _setting(
        60, "After how long without a sign of life a worker's page is given to another.", "seconds", ge=3
    )
    max_attempts: int = _setting(
        3,
        "How often a page is tried when worker or browser die over it, or its server asks to come later (429, 503).",
        "attempts",
        ge=1,
    )
    host_concurrency: int = _setting(2, "Pages of one host that are captured at the same time.", "pages", ge=1, le=64)
    crawl_delay: float = _setting(
        1.0,
        "Time between two pages of a host among the links a crawl follows, one at a time; with 0 they come as"
        " URLs that were asked for do: several at once, without a pause.",
        "seconds",
        ge=0,
        le=3600,
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting("info", "How much is logged.")
    log_format: Literal["text", "json"] = _setting("text", "A log line is text for people, or one JSON object.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` alone: it names what is unknown, which the built-in sources pass over."""
        return (init_settings,)

    @field_validator("chromium_sandbox", "log_level", "log_format", "crawl_scope", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        if isinstance(value, bool):  # TOML's true and false
            return "on" if value else "off"
        return value.strip().lower() if isinstance(value, str) else value

    @field_validator("plugins")
    @classmethod
    def _known_plugins(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in PLUGINS:
                raise ValueError(
                    f"there is no plugin {name!r}{did_you_mean(name, PLUGINS)}; known are {', '.join(PLUGINS)}"
                )
        return tuple(name for name in PLUGINS if name in names)

    @field_validator("behaviours")
    @classmethod
    def _known_behaviours(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_behaviours(names)

    @field_validator("tracking_parameters")
    @classmethod
    def _plain_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return () if names == ("none",) else tuple(name.lower() for name in names)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return check_networks(values)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            return ZoneInfo(name.strip()).key
        except (OSError, ValueError, KeyError):
            raise ValueError(f"there is no time zone {name!r}; write one like UTC or Europe/Berlin") from None

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if text:
            parse_database_url(text)
        return SecretStr(text)

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query
        ):
            raise ValueError("write scheme and host only, like https://archive.example.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if self.max_visit_size < self.max_body_size:
            raise ValueError(f"{PREFIX}MAX_VISIT_SIZE is smaller than {PREFIX}MAX_BODY_SIZE; raise it")
        return self


def known_behaviours(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in the order behaviours run; ``none`` alone is an empty choice.

    Raises:
        ValueError: a name is unknown; the text has no full stop.
    """
    wanted = [name.strip().lower() for name in names if name.strip()]
    if wanted == ["none"]:
        return ()
    for name in wanted:
        if name not in BEHAVIOURS:
            known = ", ".join(BEHAVIOURS)
            raise ValueError(f"there is no behaviour {name!r}{did_you_mean(name, BEHAVIOURS)}; known are {known}")
    return tuple(name for name in BEHAVIOURS if name in wanted)


def did_you_mean(word: str, known: object) -> str:
    """Return `` (did you mean 'x'?)`` for the known word most like ``word``, or an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f" (did you mean {close[0]!r}?)" if close else ""
