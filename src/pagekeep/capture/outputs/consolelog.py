"""What the page said on its console, up to the moment the outputs are made."""

from collections import Counter

import orjson

from pagekeep.capture.recording.console_log import STORED
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import NoResult, Skipped

NEEDS_PAGE = False


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``consolelog.jsonl``: one JSON object a line, in the order of time; the last one says what is missing."""
    if visit.opened is None:
        raise Skipped("No page was opened that could have said anything.")
    log = visit.opened.console
    if not log.lines:
        raise NoResult("The page said nothing on its console.")
    missing = []
    if log.left_out:
        missing.append(f"{log.left_out} further messages were left out.")
    if log.overflowed:
        missing.append(f"The browser stores the newest {STORED} messages: there may have been earlier ones.")
    notes = [{"kind": "left-out", "text": " ".join(missing)}] if missing else []
    lines = b"\n".join(orjson.dumps(line) for line in [*log.lines, *notes])
    keep("consolelog.jsonl", visit.request.secrecy.hidden.data(lines) + b"\n", "text/plain; charset=utf-8")
    levels = Counter("error" if line["level"] in ("error", "assert") else "other" for line in log.lines)
    return f"{len(log.lines)} messages, {levels['error']} errors" + (f"; {missing[0]}" if missing else "")
