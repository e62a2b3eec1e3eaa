"""How often something may fail."""

import time
from collections import deque
from collections.abc import Callable, Hashable
from threading import Lock


class FailureLimit:
    """Counts failures per key within a sliding time; kept in this process's memory."""

    def __init__(
        self,
        failures: int,
        seconds: float,
        *,
        max_keys: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures = failures
        self.seconds = seconds
        self.max_keys = max_keys
        self._clock = clock
        self._failed: dict[Hashable, deque[float]] = {}
        self._lock = Lock()

    def wait(self, key: Hashable) -> float:
        """Return the seconds until ``key`` may try again; 0 if it may now."""
        with self._lock:
            times = self._recent(key)
            return times[-self.failures] + self.seconds - self._clock() if len(times) >= self.failures else 0.0

    def failed(self, key: Hashable) -> None:
        """Count a failure."""
        with self._lock:
            times = self._recent(key)
            times.append(self._clock())
            # The key goes to the end, so that the first one is the one that has been quiet longest.
            self._failed.pop(key, None)
            self._failed[key] = times
            while len(self._failed) > self.max_keys:
                del self._failed[next(iter(self._failed))]

    def succeeded(self, key: Hashable) -> None:
        """Forget the failures of ``key``."""
        with self._lock:
            self._failed.pop(key, None)

    def _recent(self, key: Hashable) -> deque[float]:
        times = self._failed.get(key, deque())
        while times and times[0] <= self._clock() - self.seconds:
            times.popleft()
        return times
