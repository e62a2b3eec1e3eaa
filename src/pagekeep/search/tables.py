"""The tables of the SQLite index, as SQL.

Every snapshot has a number: its timestamp in microseconds. It is unique and made from the row alone, so no table says
which number is whose; its order is that of the list, so FTS5 finds the newest first without sorting.

``search_meta``
    URL, title, id and timestamp in pieces of three characters (trigrams). It keeps no text: all of it is in the row,
    which the triggers have at hand when it is to be taken out again.
``search_tagged``
    which snapshots have which tag, by number. Tags change one by one; in ``search_meta`` each would index URL and title
    anew.
``search_refill``
    while the index is made anew, newest first, the number below which nothing is in ``search_meta`` yet: triggers leave
    those alone.
``search_contents``
    the words of what is kept: ``text`` is the page's, ``deeper`` that of PDFs and of every page in the WARC. It keeps
    the text too: to take a snapshot out, FTS5 needs what was put in, and by then the files may be gone or others.
"""

NUMBER = "CAST(REPLACE({row}.timestamp, '.', '') AS INTEGER)"

# ß is the one letter in common use that changes its length with its case; FTS5 folds one letter to one letter. The two
# line ends let the last characters, too, begin a trigram: words of one or two are found by those.
DOCUMENT = (
    "REPLACE(REPLACE({row}.url || char(10) || {row}.title, 'ß', 'ss'), 'ẞ', 'ss')"
    " || char(10) || {row}.id || char(10) || {row}.timestamp || char(10) || char(10)"
)

READ = ("htmltotext", "readability", "markdown", "static", "warc")
"""Plugins whose files are read for the index."""

_plugins = ", ".join(f"'{plugin}'" for plugin in READ)


def is_read(row: str) -> str:
    """Return the condition that a result has files that are read."""
    return f"{row}.plugin IN ({_plugins}) AND {row}.output_files <> '{{}}'"


def has_files(row: str) -> str:
    """Return the condition that a snapshot has such a result."""
    return f"EXISTS (SELECT 1 FROM archive_archiveresult r WHERE r.snapshot_id = {row}.id AND {is_read('r')})"


TABLES = (
    "CREATE VIRTUAL TABLE search_meta USING fts5(document, content='', columnsize=0, tokenize='trigram')",
    "CREATE VIRTUAL TABLE search_trigrams USING fts5vocab(search_meta, 'row')",
    "CREATE VIRTUAL TABLE search_contents USING fts5(text, deeper, tokenize='unicode61 remove_diacritics 2')",
    "CREATE TABLE search_tagged (tag_id integer, number integer, PRIMARY KEY (tag_id, number)) WITHOUT ROWID",
    "CREATE TABLE search_refill (number integer)",
)

_number, _document = NUMBER.format(row="s"), DOCUMENT.format(row="s")
FILL_META = (
    f"INSERT INTO search_meta(rowid, document) SELECT {_number}, {_document} FROM archive_snapshot s WHERE NOT s.hidden"
)
FILL_TAGGED = (
    f"INSERT INTO search_tagged SELECT link.tag_id, {_number} FROM archive_snapshot_tags link"
    " JOIN archive_snapshot s ON s.id = link.snapshot_id WHERE NOT s.hidden"
)
FILL_UNREAD = (
    "INSERT OR IGNORE INTO search_unread(snapshot_id, changes) SELECT s.id, 1 FROM archive_snapshot s"
    f" WHERE NOT s.hidden AND {has_files('s')}"
)
DROP_STRAY_TEXTS = (
    f"DELETE FROM search_contents WHERE rowid NOT IN (SELECT {_number} FROM archive_snapshot s WHERE NOT s.hidden)"
)
