"""Counts every answer of this server process and writes a log line about it."""

import logging
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from threading import Lock

from django.http import HttpRequest, HttpResponseBase

log = logging.getLogger(__name__)

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds by which answers are told apart."""
QUIET = ("/health/", "/metrics", "/static/")
"""Beginnings of paths that are asked for all the time: their lines are written where debugging is asked for only."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_OPERATION = "none"


def process_name() -> str:
    """Return the name of this process among the metrics' labels."""
    return f"server:{os.getpid()}"


class Served:
    """How many requests this process has answered: by method, operation and status, and how long they took."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._requests: Counter[tuple[str, str, str]] = Counter()
        self._below: Counter[int] = Counter()
        self._seconds = 0.0

    def count(self, method: str, operation: str, status: int, seconds: float) -> None:
        """Count one answer."""
        method = method if method in _METHODS else "other"  # a stranger may make up any number of them
        with self._lock:
            self._requests[method, operation, str(status)] += 1
            self._below[bisect_left(BOUNDS, seconds)] += 1
            self._seconds += seconds

    def requests(self) -> list[tuple[tuple[str, str, str], int]]:
        """Return ``(method, operation, status)`` and how often, sorted."""
        with self._lock:
            return sorted(self._requests.items())

    def times(self) -> tuple[list[tuple[str, float]], float]:
        """Return how many took at most so many seconds, and the seconds of all together."""
        with self._lock:
            below, seconds = Counter(self._below), self._seconds
        names = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        return [(name, sum(below[i] for i in range(place + 1))) for place, name in enumerate(names)], seconds


served = Served()


class AccessLog:
    """Stands before all that answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, count it, and write down who asked for what; never what follows a ``?``, which may be a key."""
        started = time.monotonic()
        response = self.get_response(request)
        seconds = time.monotonic() - started
        match = request.resolver_match
        served.count(request.method or "", match.view_name if match else NO_OPERATION, response.status_code, seconds)
        level = logging.DEBUG if request.path.startswith(QUIET) else logging.INFO
        if log.isEnabledFor(level):
            told = {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "seconds": seconds,
                "client": request.META.get("REMOTE_ADDR", ""),
            }
            log.log(level, "Answered", extra=told)
        return response
