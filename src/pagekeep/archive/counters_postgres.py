# ruff: noqa: S608 (nothing that is put into these statements comes from outside)
"""The same rules as in `counters`, for PostgreSQL: the rows of a statement are counted together, after it.

There every change of a row leaves the former one behind until the transaction ends, and the next looks through all of
them: to change one counter for each of ten thousand rows takes a minute, and once for all of them nothing.
"""

_SNAPSHOT_ROWS = "SELECT {sign} AS sign, status, output_size FROM {rows} WHERE NOT hidden"
_RESULT_ROWS = (
    "SELECT {sign} AS sign, r.status, r.output_size FROM {rows} AS r"
    " JOIN archive_snapshot AS s ON s.id = r.snapshot_id AND NOT s.hidden"
)
_LINK_ROWS = (
    "SELECT {sign} AS sign, l.tag_id FROM {rows} AS l"
    " JOIN archive_snapshot AS s ON s.id = l.snapshot_id AND NOT s.hidden"
)
_BELONGING_RESULTS = (
    "SELECT its.sign, r.status, r.output_size FROM ({snapshots}) AS its"
    " JOIN archive_archiveresult AS r ON r.snapshot_id = its.id"
)
_BELONGING_LINKS = (
    "SELECT its.sign, l.tag_id FROM ({snapshots}) AS its JOIN archive_snapshot_tags AS l ON l.snapshot_id = its.id"
)
_SHOWN_OR_HIDDEN = (
    "SELECT CASE WHEN n.hidden THEN -1 ELSE 1 END AS sign, n.id"
    " FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id WHERE n.hidden <> o.hidden"
)
_GONE = "SELECT -1 AS sign, id FROM old_rows WHERE NOT hidden"

_MADE = {"+1": "new_rows"}
_CHANGED = {"+1": "new_rows", "-1": "old_rows"}
_REMOVED = {"-1": "old_rows"}


def _count(kind: str, rows: str) -> str:
    """Return the statement that adds to `StatusCount` what the rows of sign, status and output_size come to."""
    return f"""
        UPDATE archive_statuscount AS kept
        SET number = kept.number + found.made, output_size = kept.output_size + found.bytes
        FROM (
            SELECT status, sum(sign) AS made, sum(sign * output_size) AS bytes FROM ({rows}) AS counted GROUP BY status
        ) AS found
        WHERE kept.kind = '{kind}' AND kept.status = found.status AND (found.made <> 0 OR found.bytes <> 0);"""


def _count_links(rows: str) -> str:
    """Return the statement that adds to the tags what the rows of sign and tag_id come to."""
    return f"""
        UPDATE archive_tag AS kept SET num_snapshots = kept.num_snapshots + found.made
        FROM (SELECT tag_id, sum(sign) AS made FROM ({rows}) AS counted GROUP BY tag_id) AS found
        WHERE kept.id = found.tag_id AND found.made <> 0;"""


def _belongings(snapshots: str) -> str:
    """Return the statements that count results and tags of snapshots, given as sign and id."""
    return _count("result", _BELONGING_RESULTS.format(snapshots=snapshots)) + _count_links(
        _BELONGING_LINKS.format(snapshots=snapshots)
    )


def _all(template: str, signs: dict[str, str]) -> str:
    return " UNION ALL ".join(template.format(sign=sign, rows=rows) for sign, rows in signs.items())


def _after(verb: str, table: str, signs: dict[str, str], statements: str) -> str:
    """Return the body of a function; its first line says when it is called, as `trigger_sql` has it."""
    named = " ".join(f"{rows.removesuffix('_rows').upper()} TABLE AS {rows}" for rows in signs.values())
    return f"""-- AFTER {verb} ON {table} REFERENCING {named} FOR EACH STATEMENT
    BEGIN {statements}
        RETURN NULL;
    END"""


def _triggers() -> dict[str, str]:
    found = {}
    for verb, signs in (("INSERT", _MADE), ("UPDATE", _CHANGED), ("DELETE", _REMOVED)):
        of_snapshots = _count("snapshot", _all(_SNAPSHOT_ROWS, signs))
        if verb == "UPDATE":
            of_snapshots += _belongings(_SHOWN_OR_HIDDEN)
        elif verb == "DELETE":  # whatever is left of its results and tags goes after it
            of_snapshots += _belongings(_GONE)
        for table, statements in (
            ("archive_snapshot", of_snapshots),
            ("archive_archiveresult", _count("result", _all(_RESULT_ROWS, signs))),
            ("archive_snapshot_tags", _count_links(_all(_LINK_ROWS, signs))),
        ):
            found[f"count_{table.removeprefix('archive_')}_{verb.lower()}"] = _after(verb, table, signs, statements)
    return found


POSTGRES_COUNTERS = _triggers()
"""Name → body of its function."""
