"""What the databases look like whose links can be read: their tables, and the times in them.

The schemas are those of Firefox (``toolkit/components/places/nsPlacesTables.h``), Chromium
(``components/history/core/browser/url_database.cc``), Safari's ``History.db`` and Shiori
(``internal/database/migrations/sqlite``). Only http and https is taken: all else is no page of the web.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pagekeep.crawl.inputs.item import MAX_TAGS, Item, folder_tags, make_item, since_1601, since_2001

# A URL and a title are read a little longer than they may be, so that the reason is told.
_FIREFOX = """
    SELECT id, substr(url, 1, 20000), substr(title, 1, 4000), last_visit_date FROM moz_places
    WHERE (url LIKE 'http://%' OR url LIKE 'https://%') AND (visit_count > 0 OR last_visit_date IS NOT NULL
        OR id IN (SELECT fk FROM moz_bookmarks WHERE type = 1))
    ORDER BY last_visit_date LIMIT ?"""
_FIREFOX_BOOKMARKS = """
    SELECT fk, parent, substr(title, 1, 4000), dateAdded FROM moz_bookmarks WHERE type = 1 AND fk IS NOT NULL
    ORDER BY id"""
_FIREFOX_FOLDERS = "SELECT id, parent, title, guid FROM moz_bookmarks WHERE type = 2"
_CHROMIUM = """
    SELECT substr(url, 1, 20000), substr(title, 1, 4000), last_visit_time FROM urls
    WHERE (url LIKE 'http://%' OR url LIKE 'https://%') AND hidden = 0 ORDER BY last_visit_time LIMIT ?"""
# A bare column beside max() comes from the row with the largest (sqlite.org/lang_select.html, 2.5).
_SAFARI = """
    SELECT substr(url, 1, 20000), substr(title, 1, 4000), max(visit_time) AS visited
    FROM history_items JOIN history_visits ON history_visits.history_item = history_items.id
    WHERE url LIKE 'http://%' OR url LIKE 'https://%' GROUP BY history_items.id ORDER BY visited LIMIT ?"""
_SHIORI_TAGS = "SELECT bookmark_id, name FROM bookmark_tag JOIN tag ON tag.id = bookmark_tag.tag_id ORDER BY tag.id"
# Its newer versions keep when a bookmark was made, its older ones only when it was changed.
_SHIORI = {
    "created_at": """
    SELECT id, substr(url, 1, 20000), substr(title, 1, 4000), created_at FROM bookmark ORDER BY id LIMIT ?""",
    "modified": """
    SELECT id, substr(url, 1, 20000), substr(title, 1, 4000), modified FROM bookmark ORDER BY id LIMIT ?""",
    "": "SELECT id, substr(url, 1, 20000), substr(title, 1, 4000), NULL FROM bookmark ORDER BY id LIMIT ?",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of database: its name for people, the tables it is known by, and what reads it."""

    name: str
    tables: tuple[str, ...]
    read: Callable[[sqlite3.Connection, int], Iterator[Item]]


def _firefox(connection: sqlite3.Connection, most: int) -> Iterator[Item]:
    """Yield every page that was visited or is bookmarked, with the tags, folders, title and date of its bookmark."""
    tags, bookmarks = _firefox_bookmarks(connection)
    for key, url, title, visited in connection.execute(_FIREFOX, (most,)):
        named, folders, added = bookmarks.get(key, ("", [], None))
        own = [*tags.get(key, []), *folder_tags(folders)]
        yield _item(url, named or title, own, _seconds(added or visited), is_caption=not named)


def _firefox_bookmarks(
    connection: sqlite3.Connection,
) -> tuple[dict[object, list[str]], dict[object, tuple[str, list[str], object]]]:
    """Return tags, and title, folders and date of bookmarks, by the page they are of."""
    folders = {key: (parent, title or "", guid) for key, parent, title, guid in connection.execute(_FIREFOX_FOLDERS)}
    tags_root = next((key for key, (_, _, guid) in folders.items() if guid == "tags________"), None)
    tags: dict[object, list[str]] = {}
    bookmarks: dict[object, tuple[str, list[str], object]] = {}
    for page, parent, title, added in connection.execute(_FIREFOX_BOOKMARKS):
        path, above = list[str](), parent
        while above in folders and len(path) < MAX_TAGS:
            path.append(folders[above][1])
            above = folders[above][0]
            if above == tags_root is not None:
                tags.setdefault(page, []).append(path[0])
                break
        else:
            bookmarks.setdefault(page, (title or "", path[::-1], added))
    return tags, bookmarks


def _chromium(connection: sqlite3.Connection, most: int) -> Iterator[Item]:
    for url, title, visited in connection.execute(_CHROMIUM, (most,)):
        yield _item(url, title, [], since_1601(visited), is_caption=True)


def _safari(connection: sqlite3.Connection, most: int) -> Iterator[Item]:
    for url, title, visited in connection.execute(_SAFARI, (most,)):
        yield _item(url, title, [], since_2001(visited), is_caption=True)


def _shiori(connection: sqlite3.Connection, most: int) -> Iterator[Item]:
    tags: dict[object, list[str]] = {}
    for key, name in connection.execute(_SHIORI_TAGS):
        tags.setdefault(key, []).append(name)
    columns = {row[1] for row in connection.execute("PRAGMA table_xinfo(bookmark)")}
    added = next((name for name in ("created_at", "modified") if name in columns), "")
    for key, url, title, moment in connection.execute(_SHIORI[added], (most,)):
        yield _item(url, title, tags.get(key, []), moment, is_caption=False)


KINDS = (
    Kind("Firefox's places.sqlite", ("moz_places", "moz_bookmarks"), _firefox),
    Kind("Chromium's History", ("urls", "visits"), _chromium),
    Kind("Safari's History.db", ("history_items", "history_visits"), _safari),
    Kind("Shiori's database", ("bookmark", "tag", "bookmark_tag"), _shiori),
)


def _item(url: object, title: object, tags: list[str], added: object, *, is_caption: bool) -> Item:
    return make_item(url if isinstance(url, str) else str(url), title, tags, added, is_caption=is_caption)


def _seconds(microseconds: object) -> object:
    return microseconds / 1e6 if isinstance(microseconds, int | float) else None
