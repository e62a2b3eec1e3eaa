"""What ``/cli/search`` answers with: the same snapshots as objects, a table, a page or lines."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from pagekeep.api.schemas.snapshots import snapshot_objects
from pagekeep.archive.command_filters import in_parts
from pagekeep.archive.csv_table import csv_lines, parse_columns
from pagekeep.archive.flat_rows import Row, snapshot_rows

MOST = 10_000
"""Snapshots in one answer: some ten megabytes."""


def listing(
    request: HttpRequest, ids: Sequence[UUID], order: Sequence[str], form: str, *, columns: str, with_headers: bool
) -> list[dict[str, Any]] | str:
    """Return snapshots in the form asked for.

    Args:
        order: the order the ids are in.
        form: ``json``, ``csv``, ``html`` or ``text``.
        columns: of the CSV, separated by commas; empty for the usual two.
        with_headers: whether its first line names them.

    Raises:
        BadInput: a column is unknown.
    """
    if form == "csv":
        names = parse_columns(columns)
        return "".join(csv_lines(_rows(ids, order), names, with_headers=with_headers))
    if form == "html":
        context = {
            "rows": _rows(ids, order),
            "number": len(ids),
            "made_at": timezone.now(),
            "origin": request.build_absolute_uri("/"),
        }
        return render_to_string("pagekeep_api/listing.html", context)
    if form == "text":
        return "".join(f"{_text(row)}\n" for row in _rows(ids, order))
    return [fields for part in in_parts(ids, order) for fields in snapshot_objects(part)]


def _rows(ids: Sequence[UUID], order: Sequence[str]) -> Iterator[Row]:
    for part in in_parts(ids, order):
        yield from snapshot_rows(part)


def _text(row: Row) -> str:
    line = f"{row['timestamp']} {row['status']} {row['url']} {row['title']}".strip()
    return "".join(character if character.isprintable() else " " for character in line)
