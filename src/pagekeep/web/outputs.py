"""What a snapshot's page shows of its outputs: which file stands for each, and how it can be looked at."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.urls import reverse

from pagekeep.archive.models import ArchiveResult, Snapshot
from pagekeep.domain.plugins import PLUGINS

LABELS = {
    "title": "Title",
    "headers": "Headers",
    "redirects": "Redirects",
    "sslcerts": "Certificates",
    "static": "File",
    "favicon": "Icon",
    "screenshot": "Screenshot",
    "dom": "DOM",
    "htmltotext": "Text",
    "readability": "Article",
    "markdown": "Markdown",
    "outlinks": "Links",
    "accessibility": "Accessibility",
    "consolelog": "Console",
    "singlefile": "Page",
    "pdf": "PDF",
    "mhtml": "MHTML",
    "har": "HAR",
    "media": "Media",
    "git": "Repository",
    "warc": "WARC",
    "wacz": "WACZ",
    "hashes": "Checksums",
}
TABS = ("static", "singlefile", "screenshot", "readability", "htmltotext", "pdf", "dom")
MAIN_FILES = {"readability": "content.html", "screenshot": "screenshot.jpg"}
VERSION_LENGTH = 16


class Look(StrEnum):
    """How a file is shown on our page; None of these: it can only be downloaded."""

    FRAME = "frame"
    IMAGE = "image"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class File:
    """One kept file. ``look`` is empty where browsers cannot show it; ``shown_at`` is our page showing it."""

    path: str
    size: int
    mimetype: str
    url: str
    shown_at: str
    look: str


@dataclass(frozen=True, slots=True)
class Output:
    """One result with its files; ``main`` is the one to look at first, if any can be looked at."""

    result: ArchiveResult
    plugin: str
    label: str
    meaning: str
    files: tuple[File, ...]
    main: File | None


def outputs_of(snapshot: Snapshot) -> list[Output]:
    """Return the outputs of a snapshot read with its results, in the order they are made."""
    return [_output(snapshot, result) for result in snapshot.results.all()]


def tabs_of(outputs: list[Output]) -> list[Output]:
    """Return the outputs people want to look at most, the best first."""
    ready = {output.plugin: output for output in outputs if output.main}
    return [ready[plugin] for plugin in TABS if plugin in ready]


def chosen(outputs: list[Output], asked: str) -> tuple[Output, File] | None:
    """Return what to show: ``<plugin>`` or ``<plugin>/<path>`` as asked, else the best there is."""
    plugin, _, path = asked.partition("/")
    for output in outputs:
        for file in output.files if output.plugin == plugin else ():
            if file.look and (file.path == path or (not path and file == output.main)):
                return output, file
    for output in tabs_of(outputs):
        if output.main:
            return output, output.main
    return None


def file_url(snapshot_id: UUID, plugin: str, path: str, sha256: str) -> str:
    """Return where a kept file is served; the address names its bytes, so that it can be cached for good."""
    return f"{reverse('web:output', args=[str(snapshot_id), plugin, path])}?v={sha256[:VERSION_LENGTH]}"


def _output(snapshot: Snapshot, result: ArchiveResult) -> Output:
    files = tuple(
        File(
            path=path,
            size=kept["size"],
            mimetype=kept["mimetype"],
            url=file_url(snapshot.pk, result.plugin, path, kept["sha256"]),
            shown_at=f"{result.plugin}/{path}",
            look=_look(kept["mimetype"]),
        )
        for path, kept in result.output_files.items()
    )
    shown = [file for file in files if file.look]
    wanted = MAIN_FILES.get(result.plugin)
    main = next((file for file in shown if file.path == wanted), shown[0] if shown else None)
    label = LABELS.get(result.plugin, result.plugin)
    return Output(result, result.plugin, label, PLUGINS.get(result.plugin, ""), files, main)


def _look(mimetype: str) -> str:
    kind = mimetype.partition(";")[0].strip().lower()
    if kind.startswith("image/"):
        return Look.IMAGE
    if kind == "application/pdf":
        return Look.PDF
    return Look.FRAME if kind.startswith("text/") or kind in ("application/json", "application/xhtml+xml") else ""
