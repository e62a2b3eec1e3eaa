"""The pages the benchmarks capture: Debian's documentation and a JavaScript app, unpacked below ``build/corpora``.

Nothing is installed: packages are fetched by their own package managers and only unpacked.
"""

import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE.parent / "build" / "corpora"
# Long or well known: they come in addition to every 20th page.
ALSO = ("lang_select.html", "fileformat2.html", "fts5.html")
# The parts of our OpenAPI file, each shown as a page of its own.
APP_PARTS = ("works", "copies", "members", "loans", "branches", "events", "orders", "reports")
NAMES = ("sqlite3-doc", "debian-reference-en", "swagger-ui")
# For crawls: every page of both, about 1,900.
MANUALS = {"sqlite3-doc": "usr/share/doc/sqlite3", "postgresql-doc-15": "usr/share/doc/postgresql-doc-15/html"}


@dataclass(frozen=True, slots=True)
class Corpus:
    """A folder to serve, and the addresses of the pages in it, relative to it."""

    name: str
    root: Path
    pages: tuple[str, ...]


def fetch(name: str, limit: int = 0) -> Corpus:
    """Return the corpus ``name``, fetched if it is not there yet; with ``limit``, only so many pages, evenly chosen."""
    make = {"sqlite3-doc": _sqlite, "debian-reference-en": _debian_reference, "swagger-ui": _swagger_ui}[name]
    root, pages = make(FOLDER / name)
    if limit and limit < len(pages):
        pages = [pages[number * len(pages) // limit] for number in range(limit)]
    return Corpus(name, root, tuple(pages))


def fetch_manuals(limit: int, seed: int = 1) -> Corpus:
    """Return ``limit`` pages of manuals, in an order of chance that is always the same: its parts are alike."""
    pages = []
    for package, place in MANUALS.items():
        root = _unpack_debian(package, FOLDER / package) / place
        pages += [f"{package}/{place}/{page}" for page in _html(root)]
    random.Random(seed).shuffle(pages)
    return Corpus("manuals", FOLDER, tuple(pages[:limit]))


def _sqlite(folder: Path) -> tuple[Path, list[str]]:
    root = _unpack_debian("sqlite3-doc", folder) / "usr/share/doc/sqlite3"
    every = _html(root)
    return root, list(dict.fromkeys([*every[::20], *(name for name in ALSO if name in every)]))


def _debian_reference(folder: Path) -> tuple[Path, list[str]]:
    _unpack_debian("debian-reference-common", folder)  # style and pictures
    root = _unpack_debian("debian-reference-en", folder) / "usr/share/debian-reference"
    return root, _html(root)


def _swagger_ui(folder: Path) -> tuple[Path, list[str]]:
    """Swagger UI from npm, beside a page and an OpenAPI file of our own."""
    ours = HERE / "swagger-ui"
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ours / name, folder)
        environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)
    for name in ("index.html", "openapi.json"):
        shutil.copy(ours / name, folder)
    return folder, [f"index.html?show={part}" for part in APP_PARTS]


def _unpack_debian(package: str, folder: Path) -> Path:
    """Unpack a package, fetched if need be, and return the folder that holds its files."""
    if not list(folder.glob(f"{package}_*.deb")):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["dpkg", "-x", str(max(folder.glob(f"{package}_*.deb"))), str(folder)], check=True)
    return folder


def _html(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.html"))
