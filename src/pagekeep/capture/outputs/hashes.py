"""Path, size, type and sha256 of every file kept of this snapshot."""

import json

from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``hashes.json``, ordered by path, a file on each line: a few dozen fit into one block of the disk."""
    results = {result.plugin: result for result in (*visit.request.kept, *visit.results)}
    listed = [
        {"path": f"{plugin}/{file.path}", "size": file.size, "mimetype": file.mimetype, "sha256": file.sha256}
        for plugin, result in results.items()
        for file in result.files
    ]
    if not listed:
        raise NoResult("Nothing was kept.")
    listed.sort(key=lambda row: str(row["path"]))
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in listed)
    await keep("hashes.json", f'{{"files": [\n{rows}\n]}}\n'.encode(), "application/json")
    return f"{len(listed)} files"
