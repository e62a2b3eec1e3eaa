"""What is shown while pages are made."""

import io

from rich.console import Console

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.cli.display import Lines, Terminal, showing
from pagekeep.domain.status import ResultStatus, SnapshotStatus


def page(url: str, status: SnapshotStatus = SnapshotStatus.STARTED, **fields: object) -> Snapshot:
    return Snapshot(url=url, status=status, num_results=2, **fields)


def result(of: Snapshot, plugin: str, status: ResultStatus, output_str: str = "") -> ArchiveResult:
    return ArchiveResult(snapshot=of, plugin=plugin, status=status, output_str=output_str)


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, color_system=None, width=100, markup=False, highlight=False
    )


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def test_pipes_get_a_line_for_every_output_and_page() -> None:
    to = console(terminal=False)
    shown = page("http://a/")
    with showing(1, to) as display:
        assert isinstance(display, Lines)
        display.at_work([shown])
        display.output(shown, result(shown, "title", ResultStatus.SUCCEEDED, "[bold]A\ntitle"))
        display.output(shown, result(shown, "pdf", ResultStatus.FAILED, "It took too long."))
        shown.status, shown.output_size = SnapshotStatus.SUCCEEDED, 2048
        display.page(shown)
    assert written(to).splitlines() == [
        "  title succeeded: [bold]A title (http://a/)",
        "  pdf failed: It took too long. (http://a/)",
        "succeeded http://a/ (2.0 KiB)",
    ]


def test_terminals_see_each_output_and_how_far_the_work_is() -> None:
    to = console(terminal=True)
    first, second = page("http://a/", current_step="pdf"), page("http://b/")
    display = Terminal(to, total=2)
    display.output(first, result(first, "title", ResultStatus.SUCCEEDED))
    display.at_work([first, second])
    to.print(display)
    assert "http://a/  ✓ title  pdf…" in written(to)
    assert "http://b/   begins…" in written(to)
    assert "0/2 pages" in written(to)

    first.status, first.reason = SnapshotStatus.FAILED, "The server sent no response."
    display.page(first)
    to.print(display)
    last = written(to).rpartition("failed http://a/: The server sent no response.")[2]
    assert "http://a/" not in last
    assert "http://b/" in last
    assert "1/2 pages" in last
