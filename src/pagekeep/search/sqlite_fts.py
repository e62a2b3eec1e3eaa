"""The index in SQLite's FTS5. The tables are told in `tables`; how rare and common words both stay fast, here.

The first 5,000 hits are read in the order they are kept in. If there are no more, all are known: the newest, and the
exact total. If there are more, the newest are soon found by reading backwards, and they are counted through the index.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from pagekeep.search.index import Agreement, Asked, Found, Part, SearchMode
from pagekeep.search.matches import FEW, Either, Known, Matches, Matching, Tagged, select
from pagekeep.search.tables import DROP_STRAY_TEXTS, FILL_META, FILL_TAGGED, FILL_UNREAD, NUMBER
from pagekeep.search.words import all_of, any_of, folded, indexed, joined, parted, phrase_query, trigrams, word_query

# A phrase of more trigrams takes longer than looking at what some of them find.
_PHRASE = 14
_CANDIDATES = 2_000
_LOOK = 1_000
_SAMPLE, _COMMON, _ENOUGH_RARE = 100, 0.2, 3
_SHORT = 3
_MOST_TRIGRAMS = 500
_BATCH = 2_000
_COUNT_KEPT = 30.0
_SLOW_COUNT = 0.02
_PASSAGE_WORDS = 24
_BEGIN, _END = "\x02", "\x03"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID_WITH_DASHES = re.compile(r"[0-9a-f]*-[0-9a-f-]*")

_NUMBER = NUMBER.format(row="s")
_ROW = "s.url || char(10) || s.title || char(10) || s.id || char(10) || s.timestamp"
_TIMESTAMP = (
    "printf('%%s%%d.%%06d', CASE WHEN rowid < 0 THEN '-' ELSE '' END, abs(rowid) / 1000000, abs(rowid) %% 1000000)"
)


class SqliteIndex:
    """See `SearchIndex`."""

    def find(self, asked: Asked, most: int) -> Found:
        if asked.mode == SearchMode.META and len(indexed(asked.text)) < _SHORT:
            return self._find_short(asked, most)
        return self._found(asked, self._matches(asked), most)

    def newest(self, asked: Asked, most: int) -> list[str]:
        if asked.mode == SearchMode.META and len(indexed(asked.text)) < _SHORT:
            return self._find_short(asked, most).timestamps
        return _timestamps(self._matches(asked).newest(most))

    def condition(self, asked: Asked) -> Q:
        matches = self._matches(asked)
        few = matches.some(FEW + 1)
        if len(few) <= FEW:
            return Q(timestamp__in=_timestamps(few))
        return _in_either(matches)

    def passages(self, asked: Asked, timestamps: Collection[str]) -> Mapping[str, list[Part]]:
        query = _words(asked) if asked.mode != SearchMode.META else ""
        if not query or not timestamps:
            return {}
        numbers = [_number(timestamp) for timestamp in timestamps]
        marks = ", ".join(["%s"] * len(numbers))
        sql = (
            f"SELECT rowid, snippet(search_contents, -1, '{_BEGIN}', '{_END}', ' … ', {_PASSAGE_WORDS})"
            f" FROM search_contents WHERE search_contents MATCH %s AND rowid IN ({marks})"
        )
        return {_timestamp(number): _parts(text) for number, text in select(sql, query, *numbers)}

    def put_text(self, snapshot_id: UUID, text: str, deeper: str) -> None:
        where = "FROM archive_snapshot s WHERE s.id = %s AND NOT s.hidden"
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM search_contents WHERE rowid = (SELECT {_NUMBER} {where})", [snapshot_id.hex])
            if text or deeper:
                cursor.execute(
                    f"INSERT INTO search_contents(rowid, text, deeper) SELECT {_NUMBER}, %s, %s {where}",
                    [_storable(text), _storable(deeper), snapshot_id.hex],
                )

    def agreement(self) -> Agreement:
        # The two line ends make a trigram with the last digit of every timestamp: as many documents as these are in.
        ends = any_of([f"{digit}\n\n" for digit in range(10)])
        ((snapshots,),) = select("SELECT count(*) FROM archive_snapshot WHERE NOT hidden")
        ((unread,),) = select("SELECT count(*) FROM search_unread")
        return Agreement(snapshots, Matching("search_meta", ends).count(), unread)

    def start_refill(self) -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            if select("SELECT 1 FROM search_refill"):
                return False
            cursor.execute("INSERT INTO search_meta(search_meta) VALUES('delete-all')")
            cursor.execute(f"INSERT INTO search_refill SELECT coalesce(max({_NUMBER}), 0) + 1 FROM archive_snapshot s")
            cursor.execute(FILL_UNREAD)
        for (tag_id,) in select("SELECT id FROM archive_tag UNION SELECT DISTINCT tag_id FROM search_tagged"):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM search_tagged WHERE tag_id = %s", [tag_id])
                cursor.execute(f"{FILL_TAGGED} AND link.tag_id = %s", [tag_id])
        return True

    def refill_some(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            below = select("SELECT number FROM search_refill")
            if not below:
                return 0
            older = "FROM archive_snapshot s WHERE NOT s.hidden AND s.bookmarked_at < %s"
            before = _moment(below[0][0])
            batch = select(f"SELECT {_NUMBER} {older} ORDER BY s.bookmarked_at DESC LIMIT %s", before, _BATCH)
            if not batch:
                cursor.execute("DELETE FROM search_refill")
                cursor.execute(DROP_STRAY_TEXTS)
                return 0
            oldest = batch[-1][0]
            of_batch = "AND s.bookmarked_at < %s AND s.bookmarked_at >= %s"
            cursor.execute(f"{FILL_META} {of_batch} ORDER BY 1", [before, _moment(oldest)])
            cursor.execute("UPDATE search_refill SET number = %s", [oldest])
            return len(batch)

    def _matches(self, asked: Asked) -> Matches:
        if asked.mode != SearchMode.META:
            query = _words(asked)
            return Matching("search_contents", query) if query else Known(())
        term = indexed(asked.text)
        in_row = _short_matches(term) if len(term) < _SHORT else _row_matches(term)
        tag_ids = _tags_with(term)
        return Either(in_row, Tagged(tag_ids)) if tag_ids else in_row

    def _found(self, asked: Asked, matches: Matches, most: int) -> Found:
        few = matches.some(FEW + 1)
        if len(few) <= FEW:
            return Found(_timestamps(sorted(few, reverse=True)[:most]), len(few))
        return Found(_timestamps(matches.newest(most)), _counts.count(asked, matches.count))

    def _find_short(self, asked: Asked, most: int) -> Found:
        """Find a text of one or two characters, which has no trigram: common ones are soon seen among the newest."""
        term = folded(asked.text)
        if not term:
            return Found([], 0)
        tag_ids = _tags_with(term)
        rows = select(
            f"SELECT {_NUMBER}, {_ROW} FROM archive_snapshot s WHERE NOT s.hidden"
            " ORDER BY s.bookmarked_at DESC, s.id DESC LIMIT %s",
            _LOOK,
        )
        tagged = set(Tagged(tag_ids).newest(_LOOK)) if tag_ids else set()
        hits = [number for number, text in rows if number in tagged or term in folded(text)]
        if len(rows) < _LOOK:
            return Found(_timestamps(hits[:most]), len(hits))
        if len(hits) < most:
            return self._found(asked, self._matches(asked), most)
        ((snapshots,),) = select("SELECT count(*) FROM archive_snapshot WHERE NOT hidden")
        return Found(_timestamps(hits[:most]), max(len(hits), len(hits) * snapshots // _LOOK), exact=False)


class _Counts:
    """Totals that took long to count, kept for half a minute: who turns the pages of a list asks for it each time."""

    def __init__(self) -> None:
        self._kept: dict[Asked, tuple[float, int]] = {}

    def count(self, asked: Asked, count: Callable[[], int]) -> int:
        started = time.monotonic()
        kept = self._kept.get(asked)
        if kept and kept[0] > started:
            return kept[1]
        number = count()
        ended = time.monotonic()
        if ended - started > _SLOW_COUNT:
            live = {key: value for key, value in self._kept.items() if value[0] > ended}
            self._kept = {**live, asked: (ended + _COUNT_KEPT, number)}
        return number


_counts = _Counts()


def _row_matches(term: str) -> Matches:
    """Return the rows that hold a text of three characters or more."""
    phrase: Matches = Matching("search_meta", phrase_query(term))
    if len(term) > _PHRASE:
        candidates = Matching("search_meta", all_of(_rare(trigrams(term)))).some(_CANDIDATES + 1)
        if len(candidates) <= _CANDIDATES:
            phrase = Known(sorted(_that_hold(term, candidates), reverse=True))
    if _ID_WITH_DASHES.fullmatch(term.lower()) and len(term.replace("-", "")) >= _SHORT:
        return Either(phrase, _row_matches(term.replace("-", "")))
    return phrase


def _rare(wanted: Sequence[str]) -> Sequence[str]:
    """Leave out what the newest rows show to be in many rows, like parts of ``https://www.``: it sorts little out."""
    sql = f"SELECT {_ROW} FROM archive_snapshot s WHERE NOT s.hidden ORDER BY s.bookmarked_at DESC, s.id DESC LIMIT %s"
    rows = [folded(text) for (text,) in select(sql, _SAMPLE)]
    rare = [trigram for trigram in wanted if sum(folded(trigram) in row for row in rows) <= len(rows) * _COMMON]
    return rare if len(rare) >= _ENOUGH_RARE else wanted


def _short_matches(term: str) -> Matches:
    """Return the rows that hold one or two characters, by the trigrams that begin with them.

    Where there are more of those than a query may hold, the commonest of what is left out is in thousands of rows, and
    whoever asks has seen them among the newest.
    """
    if not term:
        return Known(())
    sql = "SELECT term FROM search_trigrams WHERE term >= %s AND term < %s LIMIT %s"
    forms = {term.lower(), folded(term)}
    trigrams = [row[0] for form in forms for row in select(sql, form, f"{form}\U0010ffff", _MOST_TRIGRAMS)]
    return Matching("search_meta", any_of(trigrams)) if trigrams else Known(())


def _that_hold(term: str, numbers: Iterable[int]) -> list[int]:
    """Return those whose row holds the text."""
    timestamps = _timestamps(numbers)
    marks = ", ".join(["%s"] * len(timestamps))
    sql = f"SELECT {_NUMBER}, {_ROW} FROM archive_snapshot s WHERE s.timestamp IN ({marks})"
    rows = select(sql, *timestamps) if timestamps else []
    return [number for number, text in rows if folded(term) in folded(text)]


def _tags_with(text: str) -> list[int]:
    """Return the ids of the tags in whose name a text is."""
    return [row[0] for row in select("SELECT id FROM archive_tag WHERE instr(key, %s) ORDER BY id", folded(text))]


def _in_either(matches: Matches) -> Q:
    if isinstance(matches, Either):
        return _in_either(matches.first) | _in_either(matches.second)
    if isinstance(matches, Matching):
        sql = f"SELECT {_TIMESTAMP} FROM {matches.table} WHERE {matches.table} MATCH %s"
        return Q(timestamp__in=RawSQL(sql, [matches.query]))  # noqa: S611
    if isinstance(matches, Tagged):
        marks = ", ".join(["%s"] * len(matches.tag_ids))
        sql = f"SELECT {_TIMESTAMP} FROM (SELECT number AS rowid FROM search_tagged WHERE tag_id IN ({marks}))"
        return Q(timestamp__in=RawSQL(sql, list(matches.tag_ids)))  # noqa: S611
    return Q(timestamp__in=_timestamps(matches.some(matches.count())))


def _words(asked: Asked) -> str:
    return word_query(asked.text, "text" if asked.mode == SearchMode.CONTENTS else "")


def _parts(marked: str) -> list[Part]:
    parts = []
    for number, piece in enumerate(marked.split(_BEGIN)):
        hit, _, rest = piece.partition(_END) if number else ("", "", piece)
        parts += [Part(joined(hit), True), Part(joined(rest), False)]
    return [part for part in parts if part.text]


def _storable(text: str) -> str:
    """Return text for `search_contents`: without what marks a hit, and without half characters."""
    plain = text.replace(_BEGIN, " ").replace(_END, " ").replace("\x00", " ")
    return parted(plain.encode(errors="replace").decode())


def _number(timestamp: str) -> int:
    return int(timestamp.replace(".", ""))


def _timestamp(number: int) -> str:
    return f"{Decimal(number) / 1_000_000:.6f}"


def _moment(number: int) -> str:
    """Return the moment of a number as the database writes it."""
    return str(connection.ops.adapt_datetimefield_value(_EPOCH + timedelta(microseconds=number)))


def _timestamps(numbers: Iterable[int]) -> list[str]:
    return [_timestamp(number) for number in numbers]
