"""Showing pages while they are made: live on a terminal, line by line elsewhere. Always on stderr."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.cli.printing import err, size_text
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.domain.urls import shorten

MARKS = {
    ResultStatus.SUCCEEDED: ("✓", "green"),
    ResultStatus.FAILED: ("✗", "red"),
    ResultStatus.SKIPPED: ("–", "dim"),
    ResultStatus.NORESULTS: ("–", "dim"),
}


class Display(Protocol):
    """Who shows pages while they are made."""

    def at_work(self, pages: Sequence[Snapshot]) -> None:
        """These pages are being captured at the moment."""
        ...

    def left(self, number: int) -> None:
        """So many pages have not ended."""
        ...

    def note(self, text: str) -> None:
        """Something that the pages do not tell."""
        ...

    def output(self, page: Snapshot, result: ArchiveResult) -> None:
        """An output of a page is done."""
        ...

    def page(self, page: Snapshot) -> None:
        """A page has ended."""
        ...


@contextmanager
def showing(total: int, console: Console = err, *, ended: int = 0) -> Iterator[Display]:
    """Show the progress of ``total`` pages, of which some have ended already, while the block runs."""
    if not console.is_terminal:
        yield Lines(console)
        return
    terminal = Terminal(console, total, ended)
    with Live(terminal, console=console, refresh_per_second=8, transient=True):
        yield terminal


class Lines:
    """A line for every output and every page: for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def at_work(self, pages: Sequence[Snapshot]) -> None:
        """Lines tell only what is done."""

    def left(self, number: int) -> None:
        """Lines tell only what is done."""

    def note(self, text: str) -> None:
        self._console.print(text)

    def output(self, page: Snapshot, result: ArchiveResult) -> None:
        if result.status == ResultStatus.SKIPPED:
            return
        said = f": {shorten(one_line(result.output_str))}" if result.output_str else ""
        self._console.print(f"  {result.plugin} {result.status}{said} ({shorten(page.url, 60)})")

    def page(self, page: Snapshot) -> None:
        self._console.print(page_line(page))


class Terminal:
    """A line for every page at work, with each output as it is made, above a bar of all pages."""

    def __init__(self, console: Console, total: int, ended: int = 0) -> None:
        self._console = console
        self._pages: Sequence[Snapshot] = ()
        self._outputs: dict[UUID, list[ArchiveResult]] = {}
        self._ended = ended
        self._bar = Progress(
            TextColumn("Archiving"), BarColumn(), MofNCompleteColumn(), TextColumn("pages"), TimeElapsedColumn()
        )
        self._task = self._bar.add_task("", total=total)

    def __rich__(self) -> Group:
        return Group(*(self._at_work(page) for page in self._pages), self._bar)

    def at_work(self, pages: Sequence[Snapshot]) -> None:
        self._pages = pages
        # A page counts as far as its outputs are made.
        begun = sum(len(self._outputs.get(page.pk, ())) / max(page.num_results, 1) for page in pages)
        self._bar.update(self._task, completed=self._ended + begun)

    def left(self, number: int) -> None:
        # Links that are followed make it more.
        self._bar.update(self._task, total=self._ended + number)

    def note(self, text: str) -> None:
        self._console.print(text)

    def output(self, page: Snapshot, result: ArchiveResult) -> None:
        self._outputs.setdefault(page.pk, []).append(result)

    def page(self, page: Snapshot) -> None:
        self._console.print(page_line(page))
        self._console.print(Text("  ").append_text(self._made(page)), soft_wrap=False)
        self._outputs.pop(page.pk, None)
        self._ended += 1
        self._pages = [other for other in self._pages if other.pk != page.pk]
        self._bar.update(self._task, completed=self._ended)

    def _at_work(self, page: Snapshot) -> Text:
        line = Text(shorten(page.url, 60) + "  ", style="bold")
        line.append_text(self._made(page))
        return line.append(f" {page.current_step or 'begins'}…", style="cyan not bold")

    def _made(self, page: Snapshot) -> Text:
        made = Text(style="not bold")
        for result in self._outputs.get(page.pk, ()):
            mark, style = MARKS.get(ResultStatus(result.status), ("?", ""))
            made.append(f"{mark} {result.plugin} ", style=style)
        return made


def page_line(page: Snapshot) -> Text:
    """Return how a page ended, in one line."""
    succeeded = page.status == SnapshotStatus.SUCCEEDED
    line = Text(f"{page.status} ", style="green" if succeeded else "red")
    line.append(page.url, style="default")
    if succeeded:
        line.append(f" ({size_text(page.output_size)})", style="dim")
    return line.append(f": {one_line(page.reason)}" if page.reason else "", style="default")


def one_line(text: str) -> str:
    """Return text from a page without line breaks and control characters, which would steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
