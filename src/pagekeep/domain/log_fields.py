"""What a log line is about: fields that all lines of one piece of work carry, whoever writes them.

`project.log_lines` puts them into every line; a line adds its own with ``extra={"status": …}``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

FIELDS: Mapping[str, str] = {
    "worker": "the worker, as `host:pid`, which `pagekeep worker list` shows too",
    "crawl": "id of the crawl",
    "snapshot": "id of the snapshot",
    "url": "address of the page, without user name and password",
    "host": "host name of that address",
    "step": "the step of the visit, or the output, that was being made",
    "duty": "which duty of a worker failed",
    "method": "of a request",
    "path": "of a request, without what follows a `?`",
    "client": "address of who sent a request",
    "status": "what came of it: the state of a page, the status of an answer",
    "reason": "why, as people read it",
    "seconds": "how long it took",
}
"""Every field in the order lines have them, and what it holds."""

_about: ContextVar[dict[str, object]] = ContextVar("_about")


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Have all lines carry these fields, in this task, the tasks it starts and the threads they call, for the block."""
    token = _about.set(current() | fields)
    try:
        yield
    finally:
        _about.reset(token)


def note(**fields: object) -> None:
    """Change fields for what follows in the innermost `about`; without one, nothing."""
    _about.get({}).update(fields)


def current() -> dict[str, object]:
    """Return the fields of here and now."""
    return dict(_about.get({}))
