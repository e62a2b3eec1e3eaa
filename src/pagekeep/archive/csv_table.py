"""Snapshots as a table of comma-separated values (RFC 4180) that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from pagekeep.archive.flat_rows import Row
from pagekeep.domain.errors import BadInput

DEFAULT_COLUMNS = ("timestamp", "url")
COLUMNS: dict[str, str] = {
    name: name
    for name in (
        "id",
        "crawl_id",
        "persona",
        "created_by_id",
        "created_by_username",
        "created_at",
        "modified_at",
        "bookmarked_at",
        "downloaded_at",
        "timestamp",
        "url",
        "final_url",
        "domain",
        "depth",
        "title",
        "tags",
        "status",
        "reason",
        "response_status",
        "retry_at",
        "output_size",
    )
} | {"archive_size": "output_size", "num_archiveresults": "num_results", "archive_path": "id"}
"""The API's name of a column → the row's own."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def parse_columns(text: str) -> tuple[str, ...]:
    """Return the columns named in comma-separated text; `DEFAULT_COLUMNS` if there are none.

    Raises:
        BadInput: a name is unknown.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in COLUMNS:
            raise BadInput(f"There is no column {name!r}; known are {', '.join(COLUMNS)}.")
    return names or DEFAULT_COLUMNS


def csv_lines(rows: Iterable[Row], columns: Sequence[str], *, with_headers: bool) -> Iterator[str]:
    """Yield the lines, each with its CRLF.

    Text that a spreadsheet would take for a formula has an apostrophe put before it, as OWASP advises.

    Args:
        rows: of `snapshot_rows`.
        columns: of `parse_columns`.
    """
    if with_headers:
        yield _line(columns)
    for row in rows:
        yield _line([_text(name, row[COLUMNS[name]]) for name in columns])


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if name == "archive_path":
        return f"snapshot/{value}"
    if isinstance(value, list):
        value = ",".join(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text


def _line(values: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(values)
    return written.getvalue()
