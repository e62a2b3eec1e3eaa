"""Path, size, type and sha256 of every file kept of this snapshot."""

from pagekeep.capture.page import as_json
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``hashes.json``, ordered by path."""
    results = {result.plugin: result for result in (*visit.request.kept, *visit.results)}
    listed = [
        {"path": f"{plugin}/{file.path}", "size": file.size, "mimetype": file.mimetype, "sha256": file.sha256}
        for plugin, result in results.items()
        for file in result.files
    ]
    if not listed:
        raise NoResult("Nothing was kept.")
    listed.sort(key=lambda row: str(row["path"]))
    await keep("hashes.json", as_json({"files": listed}), "application/json")
    return f"{len(listed)} files"
