"""How ``pagekeep status`` looks: lines of text, and on a terminal bars and steps that are redrawn in place."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pagekeep.archive.crawl_progress import CrawlProgress, WaitsFor
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.worker_queries import state_of, why_paused
from pagekeep.cli.crawl_report import name_of, slow_hosts_text
from pagekeep.cli.display import one_line
from pagekeep.cli.printing import size_text
from pagekeep.cli.status_facts import Status
from pagekeep.domain.urls import shorten, without_credentials

NAME_WIDTH, URL_WIDTH, BAR_WIDTH = 36, 64, 24


def status_lines(status: Status) -> Iterator[str]:
    """Yield the status as lines of text."""
    for name, text in _facts(status):
        yield f"{name + ':':11}{text}"
    for row, progress in status.crawls:
        yield f"{'Crawl:':11}{row['id']} {_name(row)}: {_done(row)}{_why(row, progress)}"
    if more := _more(status):
        yield f"{'':11}{more}"
    for url, step, since in _pages(status):
        yield f"{'Page:':11}{url} {step} {_age(since)}"


def status_view(status: Status) -> RenderableType:
    """Return the status for a terminal, in no more than its width."""
    facts = _grid(2, narrow=1)
    for name, text in _facts(status):
        facts.add_row(Text(name, style="dim"), _one_line(text))
    parts: list[RenderableType] = [facts]
    if status.crawls:
        crawls = _grid(4, narrow=0)
        for row, progress in status.crawls:
            ended = row["num_snapshots"] - row["num_open"]
            bar = ProgressBar(total=max(row["num_snapshots"], 1), completed=ended, width=BAR_WIDTH)
            crawls.add_row(_one_line(_name(row)), bar, _done(row), Text(_why(row, progress).strip(" ,"), style="dim"))
        parts += [Text(), crawls]
        if more := _more(status):
            parts.append(Text(more, style="dim"))
    if pages := list(_pages(status)):
        table = _grid(3, narrow=0)
        for url, step, since in pages:
            table.add_row(_one_line(url), Text(f"{step}…", style="cyan"), Text(_age(since), style="dim"))
        parts += [Text(), table]
    return Group(*parts)


def _facts(status: Status) -> Iterator[tuple[str, str]]:
    counts, queue = status.counts, status.queue
    states = ", ".join(f"{number} {state}" for state, number in counts.by_status.items() if number)
    later = f", {queue.backoff} tried again later" if queue.backoff else ""
    yield "Archive", status.root
    yield "Snapshots", f"{counts.snapshots}{f' ({states})' if states else ''}"
    yield "Outputs", f"{counts.results}, {size_text(counts.output_size)} as listed (the same bytes are kept once)"
    yield "Queue", f"{queue.queued} waiting, {queue.started} being captured, {queue.paused} paused{later}"
    if status.slow_hosts:
        yield "Slow", slow_hosts_text(status.slow_hosts)
    yield "Speed", f"{status.pages_per_minute:g} pages a minute"
    yield "Database", size_text(status.database_size)
    yield "Disk", f"{size_text(status.disk_free)} free of {size_text(status.disk_total)}"
    yield "Workers", "; ".join(_worker(status, number) for number in range(len(status.workers))) or "none"
    yield "Server", ", ".join(status.listening) or "not running"


def _worker(status: Status, number: int) -> str:
    worker = status.workers[number]
    tabs = f"{len(status.pages.get(worker.pk, []))} of {worker.max_concurrent_tasks} tabs"
    why = why_paused(worker)
    return f"{worker} {state_of(worker)}, {tabs}{f': {why}' if why else ''}"


def _pages(status: Status) -> Iterator[tuple[str, str, datetime]]:
    for pages in status.pages.values():
        for page in pages:
            url = shorten(one_line(without_credentials(page["url"])), URL_WIDTH)
            yield url, page["step"] or "begins", page["started_at"]


def _name(row: Row) -> str:
    return shorten(one_line(name_of(row)), NAME_WIDTH)


def _done(row: Row) -> str:
    failed = f", {row['num_failed']} failed" if row["num_failed"] else ""
    return f"{row['num_snapshots'] - row['num_open']}/{row['num_snapshots']} pages{failed}"


def _why(row: Row, progress: CrawlProgress) -> str:
    speed = f", {progress.pages_per_minute:g} a minute" if progress.pages_per_minute else ""
    return speed + {
        WaitsFor.RESUME: ", paused",
        WaitsFor.WORKER: ", no worker runs",
        WaitsFor.TIME: ", waits for a moment",
        WaitsFor.TURN: ", waits for its turn",
        WaitsFor.SITEMAPS: ", reads sitemaps",
    }.get(progress.waits_for, "")


def _more(status: Status) -> str:
    number = status.open_crawls - len(status.crawls)
    return f"… and {number} more open crawls: pagekeep crawl list" if number > 0 else ""


def _age(since: datetime) -> str:
    return f"{max(0, round((timezone.now() - since).total_seconds()))} s"


def _one_line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def _grid(columns: int, *, narrow: int) -> Table:
    """Return a table without lines.

    Args:
        narrow: the column that gives way where the terminal is narrow.
    """
    table = Table.grid(padding=(0, 2))
    for number in range(columns):
        table.add_column(no_wrap=number != narrow, overflow="ellipsis")
    return table
