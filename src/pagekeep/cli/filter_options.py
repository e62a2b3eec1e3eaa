"""The options that say which snapshots a command is about: the same for list, update and remove."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from pagekeep.archive.command_filters import STATUSES, CommandFilters, FilterType, epoch_seconds
from pagekeep.archive.filters import SNAPSHOT_SORTS

Command = Callable[..., None]


def filter_options(function: Command) -> Command:
    """Give a command the options; it receives what is asked for as ``filters``, without patterns and limit."""

    @wraps(function)
    def asked(
        *arguments: Any,
        filter_type: str | None,
        status: str | None,
        tag: str | None,
        crawl_id: str | None,
        after: str | None,
        before: str | None,
        sort: str | None,
        **others: Any,
    ) -> None:
        filters = CommandFilters(
            filter_type=filter_type,
            status=status,
            tag=tag,
            crawl_id=crawl_id,
            after=epoch_seconds(after or ""),
            before=epoch_seconds(before or ""),
            sort=sort,
        )
        function(*arguments, filters=filters, **others)

    for option in reversed(_OPTIONS):
        asked = option(asked)
    return asked


_OPTIONS = (
    click.option(
        "--filter-type",
        type=click.Choice([kind.value for kind in FilterType]),
        help="How patterns are compared. All but tag, timestamp and search look at the URL.",
    ),
    click.option("--status", type=click.Choice(STATUSES), help="Only of this status; indexed is all."),
    click.option("--tag", help="Only with this tag."),
    click.option("--crawl", "crawl_id", metavar="ID", help="Only of this crawl; the beginning of its id is enough."),
    click.option("--after", metavar="TIME", help="Bookmarked then or later, like 2026-11-23 (UTC) or epoch seconds."),
    click.option("--before", metavar="TIME", help="Bookmarked earlier."),
    click.option(
        "--sort",
        type=click.Choice([f"{sign}{name}" for name in SNAPSHOT_SORTS for sign in ("", "-")]),
        metavar="FIELD",
        help="By this field, with - in front descending; newest first without it.",
    ),
)
