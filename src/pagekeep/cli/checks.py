"""What ``pagekeep doctor`` checks. A check returns what it found, or raises an error whose sentence is the fix."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from django.db import DatabaseError
from django.utils import timezone

from pagekeep.archive.counters import count_anew
from pagekeep.archive.database import check_postgres, is_made, on_postgres, place_of_database, size_of_database
from pagekeep.archive.models import Snapshot
from pagekeep.capture.chromium.find import find_chromium, is_headless_shell
from pagekeep.capture.chromium.launch import launch
from pagekeep.capture.page_scripts import readability_source, singlefile_source
from pagekeep.capture.programs import installed
from pagekeep.capture.programs.installed import inspect
from pagekeep.cli.ports import usable_port
from pagekeep.cli.printing import size_text
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.services.listeners import own_addresses
from pagekeep.services.prepare_archive import unusable
from pagekeep.services.wiring import data_dir, search_index

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
FONTS = {"Liberation": "fonts-liberation", "NotoSans": "fonts-noto-core", "NotoColorEmoji": "fonts-noto-color-emoji"}
MADE_IN = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, for a person."""

    state: Literal["ok", "note", "problem"]
    text: str


def browser() -> Finding:
    """Start the browser and open an empty page."""
    path = find_chromium(settings().chromium)
    started = time.monotonic()
    version = asyncio.run(_open_blank(path))
    took = f"{version} at {path} opens a page ({time.monotonic() - started:.1f} s)"
    if is_headless_shell(path):
        return Finding("ok", took)
    return Finding("note", f"{took}; chromium-headless-shell would need a third of the processor time.")


def sandbox() -> Finding:
    """Whether the browser's own sandbox is in use."""
    chosen = settings().chromium_sandbox
    if chosen == "off":
        return Finding("note", "Off by PAGEKEEP_CHROMIUM_SANDBOX; archive only pages you trust, or set it to auto.")
    if os.geteuid() == 0 and chosen == "auto":
        return Finding("note", "Off, because root cannot use it; run Pagekeep as an ordinary user to have it.")
    return Finding("ok", "On.")


def page_scripts() -> Finding:
    """Whether the scripts that run in pages are installed."""
    readability_source(None)
    singlefile_source(None)
    return Finding("ok", "Readability and SingleFile are installed.")


def programs() -> Finding:
    """Whether the programs that some outputs need are installed."""
    found = {program.name: program for program in installed.programs(settings().chromium)}
    told = [f"{name} {inspect(found[name]).version}" for name in ("git", "yt-dlp", "ffmpeg") if found[name].path]
    if found["git"].path is None:
        return Finding("problem", "git is not installed, so no repository is kept; install with: apt-get install git")
    if found["ffmpeg"].path is None:
        missing = "without ffmpeg, picture and sound that a site sends apart are not joined: apt-get install ffmpeg"
        return Finding("note", f"{' and '.join(told)} are installed; {missing}")
    return Finding("ok", f"{', '.join(told)} are installed.")


def fonts() -> Finding:
    """Whether pages in most scripts, and emoji, can be photographed."""
    names = {file.name for folder in FONT_FOLDERS if folder.is_dir() for file in folder.rglob("*.?t?")}
    missing = [package for font, package in FONTS.items() if not any(name.startswith(font) for name in names)]
    if missing:
        return Finding("problem", f"Characters may show as boxes; install with: apt-get install {' '.join(missing)}")
    return Finding("ok", f"{len(names)} font files, with {', '.join(FONTS)}.")


def disk() -> Finding:
    """Whether there is room for more pages."""
    home = data_dir()
    place = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free, needed = shutil.disk_usage(place).free, settings().min_free_space
    if free < needed:
        why = f"workers wait until there are {size_text(needed)} (PAGEKEEP_MIN_FREE_SPACE)"
        return Finding("problem", f"Only {size_text(free)} are free at {place}, and {why}; free some space.")
    return Finding("ok", f"{size_text(free)} free at {place}.")


def data_directory() -> Finding:
    """Whether everything in the data directory can be written."""
    home = data_dir()
    if not home.root.exists():
        return Finding("note", f"{home.root} does not exist yet; pagekeep init makes it.")
    home.prepare()
    return Finding("ok", f"{home.root} can be written.")


def database() -> Finding:
    """Whether the database is whole; PostgreSQL looks after that itself, and is asked whether it is there and fit."""
    if on_postgres():
        return _postgres()
    path = data_dir().database
    if not path.exists():
        return Finding("note", "There is none yet; pagekeep init makes it.")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise EnvironmentProblem(f"{path} is damaged ({said}); put back a copy from {data_dir().backups}.")
    return Finding("ok", f"{path} is whole ({size_text(path.stat().st_size)}).")


def _postgres() -> Finding:
    try:
        version, size = check_postgres(), size_of_database()
        made = is_made()
    except DatabaseError as error:
        raise unusable(error) from error
    if not made:
        return Finding("note", f"PostgreSQL {version} is there; pagekeep init makes the archive in it.")
    return Finding("ok", f"{place_of_database()} can be used: PostgreSQL {version}, {size_text(size)}.")


def _has_archive() -> bool:
    try:
        return is_made()
    except DatabaseError:  # `database` says why
        return False


def totals() -> Finding:
    """Whether the numbers that lists take their totals from are right; wrong ones are corrected."""
    if not _has_archive():
        return Finding("note", "There are none yet; pagekeep init makes the database.")
    try:
        corrected = count_anew()
    except DatabaseError as error:
        return Finding("note", f"They cannot be counted ({error}); pagekeep init brings the database up to date.")
    if corrected:
        return Finding("note", "The totals of lists were wrong and have been corrected.")
    return Finding("ok", "The totals of lists are right.")


def index() -> Finding:
    """Whether search knows every snapshot."""
    if not _has_archive():
        return Finding("note", "There is no archive yet.")
    if on_postgres():
        return Finding("note", "There is none on PostgreSQL yet: URL, title and tags are searched, row by row.")
    try:
        found = search_index().agreement()
    except DatabaseError as error:
        return Finding("problem", f"It cannot be read ({error}); start any command once, then: pagekeep index rebuild")
    if found.indexed != found.snapshots:
        wrong = f"It knows {found.indexed} of {found.snapshots} snapshots"
        return Finding("problem", f"{wrong}; make it anew with: pagekeep index rebuild")
    unread = f"; a worker has yet to read the files of {found.unread}" if found.unread else ""
    return Finding("ok", f"It knows all {found.snapshots} snapshots{unread}.")


def port() -> Finding:
    """Whether the server can listen, or does."""
    own = settings()
    if any(address.endswith(f":{own.port}") for address in own_addresses()):
        return Finding("ok", f"This archive's server runs on port {own.port}.")
    usable_port(own.host, own.port)
    return Finding("ok", f"{own.host} port {own.port} is free.")


def clock() -> Finding:
    """Whether the clock can be right: ids and the order of snapshots are made from it."""
    now = timezone.now()
    behind = f"The clock shows {now:%Y-%m-%d %H:%M} UTC, which cannot be right; set it: timedatectl set-ntp true"
    if now < MADE_IN:
        return Finding("problem", behind)
    if _has_archive():
        newest = Snapshot.objects.order_by("-created_at").values_list("created_at", flat=True).first()
        if newest is not None and newest > now + timedelta(minutes=1):
            return Finding("problem", f"{behind} (a snapshot was made at {newest:%Y-%m-%d %H:%M} UTC).")
    return Finding("ok", f"{now:%Y-%m-%d %H:%M} UTC.")


CHECKS: dict[str, Callable[[], Finding]] = {
    "browser": browser,
    "sandbox": sandbox,
    "page scripts": page_scripts,
    "programs": programs,
    "fonts": fonts,
    "disk": disk,
    "data directory": data_directory,
    "database": database,
    "totals": totals,
    "search index": index,
    "port": port,
    "clock": clock,
}


async def _open_blank(path: Path) -> str:
    chromium = await launch(path, sandbox=settings().chromium_sandbox)
    try:
        commands = chromium.connection.browser
        await asyncio.wait_for(commands.call("Target.createTarget", url="about:blank"), 10)
        version = await commands.call("Browser.getVersion")
        return str(version["product"])
    except TimeoutError as error:
        raise EnvironmentProblem(f"{path} starts but opens no page within 10 s; try PAGEKEEP_CHROMIUM.") from error
    finally:
        await chromium.close()
