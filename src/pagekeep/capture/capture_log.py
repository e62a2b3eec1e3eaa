"""What happened in a capture, line by line, for whoever wants to know why something is missing: a small text file."""

import re
from collections import deque
from datetime import UTC, datetime

from pagekeep.capture.recording.hidden import REDACTED
from pagekeep.capture.recording.secrecy import Secrecy

MAX_BYTES = 256 << 10
LONGEST_LINE = 1_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CREDENTIALS = re.compile(r"(://)[^/?#\s@]*@")
# Parameters of URLs, and headers, that give their bearer rights.
_SECRETS = re.compile(
    r"((?:^|[?&;#\s])[^=&;\s?#]*(?:token|secret|passw|pwd|auth|session|signature|credential|api_?key|jwt|sid|sig|key|code)"
    r"[^=&;\s?#]*=)[^&;\s#]+",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"((?:set-)?cookie|(?:proxy-)?authorization)(\s*[:=]\s*).*", re.IGNORECASE)


class CaptureLog:
    """The lines of one capture, with those of its earlier attempts; of too many the middle is left out.

    No line holds cookies, passwords, or tokens of URLs, whatever it is told.
    """

    def __init__(self, earlier: bytes = b"") -> None:
        """Begin a log.

        Args:
            earlier: the text of that of the attempts before.
        """
        self.began = self.ended = datetime.now(UTC)
        self._secrecy = Secrecy()
        self._first: list[bytes] = []
        self._last: deque[bytes] = deque()
        self._room, self._size, self._left_out = MAX_BYTES // 2, 0, 0
        for line in earlier.splitlines():
            self._add(line)

    def hide(self, secrecy: Secrecy) -> None:
        """Keep the secrets of a visit out of the lines from now on."""
        self._secrecy = secrecy

    def note(self, text: str) -> None:
        """Add a line with the time."""
        self.ended = datetime.now(UTC)
        line = self._secrecy.hidden.text(_CONTROL.sub(" ", text))
        for pattern, without in ((_CREDENTIALS, r"\1"), (_SECRETS, rf"\1{REDACTED}"), (_HEADERS, rf"\1\2{REDACTED}")):
            line = pattern.sub(without, line)
        if len(line) > LONGEST_LINE:
            line = f"{line[:LONGEST_LINE]}…"
        self._add(
            f"{self.ended:%Y-%m-%dT%H:%M:%S}.{self.ended.microsecond // 1000:03}Z {line}".encode(errors="replace")
        )

    def text(self) -> bytes:
        """Return the whole log, UTF-8, a line for each note."""
        told = [f"… {self._left_out} lines are left out here …".encode()] if self._left_out else []
        return b"".join(line + b"\n" for line in (*self._first, *told, *self._last))

    def _add(self, line: bytes) -> None:
        size = len(line) + 1
        if self._room >= size and not self._last:
            self._room -= size
            self._first.append(line)
            return
        self._last.append(line)
        self._size += size
        while self._size > MAX_BYTES // 2 - 100:
            self._size -= len(self._last.popleft()) + 1
            self._left_out += 1
