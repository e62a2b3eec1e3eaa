"""What page, frames and workers said on the console, and what the browser said about them.

The browser stores the newest 1,000 messages of each kind by itself. They are read when the visit has arrived, and
whenever a document is parsed or loaded, as it may be left: the page runs as if nobody listened, and one that shouts
costs no more than it costs any browser. What a document says just before it leads on may be lost.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pagekeep.capture.chromium.devtools import DevToolsError, Params, Session

Line = dict[str, Any]
MAX_LINES = 2_000
MAX_TEXT = 10_000
MAX_CHARACTERS = 2 << 20
MAX_FRAMES = 5
STORED = 1_000
# A page may lead on to as many documents as it likes.
MAX_LOOKS = 20
READ_SECONDS = 3.0
_PLACES = re.compile(r"%[sdifoOc%]")


class ConsoleLog:
    """The console of one visit.

    Attributes:
        lines: in order, within the bounds above.
        left_out: how many messages were too many.
        overflowed: whether the browser itself held more than it stores.
    """

    def __init__(self, frame_id: str) -> None:
        self.lines: list[Line] = []
        self.left_out = 0
        self.overflowed = False
        self._frame_id = frame_id
        self._sessions: list[tuple[Session, str]] = []
        self._stored: Counter[str] = Counter()
        self._seen: set[tuple[object, ...]] = set()
        self._said: dict[tuple[object, ...], Line] = {}
        self._characters = 0
        self._looks = 0

    def watch(self, session: Session, target_id: str) -> None:
        """Note a page, frame or worker that may say something."""
        self._sessions.append((session, target_id))
        session.on("Runtime.consoleAPICalled", lambda event: self._called(session, event))
        session.on("Runtime.exceptionThrown", lambda event: self._thrown(session, event))
        session.on("Log.entryAdded", self._logged)
        if target_id == self._frame_id:
            session.on("Console.messageAdded", self._leaving)
            session.on("Page.domContentEventFired", lambda _: self._look_ahead(session))
            session.on("Page.loadEventFired", lambda _: self._look_ahead(session))
            session.on("Page.frameNavigated", self._navigated)

    async def read(self) -> None:
        """Take in what the browser has stored."""
        async with asyncio.timeout(READ_SECONDS):
            await asyncio.gather(*(self._read(session) for session, _ in self._sessions if not session.detached))
        self.lines.sort(key=lambda line: str(line["time"]))

    async def _read(self, session: Session) -> None:
        self._stored[session.id] = 0
        # All at once: a page that stays busy must not be left with its console switched on.
        session.post("Runtime.enable")
        session.post("Runtime.disable")
        session.post("Log.enable")
        try:
            await session.call("Log.disable")
        except DevToolsError:  # a frame or worker may go at any time
            return
        self.overflowed |= self._stored[session.id] >= STORED

    def _look_ahead(self, session: Session) -> None:
        """Ask what was said so far, in case the document goes: once it is leaving, the browser asks it nothing more.

        ``Console`` tells less than ``Runtime``, but leaves the scripts that we run meanwhile alone.
        """
        if self._looks < MAX_LOOKS:
            self._looks += 1
            for command in ("Console.enable", "Console.disable", "Log.enable", "Log.disable"):
                session.post(command)

    def _navigated(self, event: Params) -> None:
        if event["frame"]["id"] == self._frame_id:
            said, self._said = self._said, {}
            for line in said.values():
                self._add(line)

    def _leaving(self, event: Params) -> None:
        said = event["message"]
        key = (said["text"][:MAX_TEXT], said.get("url"), said.get("line"), said.get("column"))
        if len(self._said) < STORED and key not in self._said:
            kind = "console" if said["source"] == "console-api" else "exception"
            line = _line(datetime.now(UTC).timestamp() * 1000, kind, said["level"], said["text"])
            self._said[key] = line | _place(said.get("url"), said.get("line"))

    def _called(self, session: Session, event: Params) -> None:
        self._stored[session.id] += 1
        line = _line(event["timestamp"], "console", event["type"], _text(event["args"]))
        self._add(line | _origin(event))

    def _thrown(self, session: Session, event: Params) -> None:
        self._stored[session.id] += 1
        details = event["exceptionDetails"]
        said = details.get("exception", {})
        text = f"{details['text']} {_value(said) if said else ''}".strip()
        line = _line(event["timestamp"], "exception", "error", text)
        self._add(line | _place(details.get("url"), details["lineNumber"] + 1) | _origin(details))

    def _logged(self, event: Params) -> None:
        entry = event["entry"]
        # A worker that still runs tells more about it itself.
        if any(target == entry.get("workerId") and not session.detached for session, target in self._sessions):
            return
        line = _line(entry["timestamp"], entry["source"], entry["level"], entry["text"])
        number = entry["lineNumber"] + 1 if "lineNumber" in entry else None
        self._add(line | _place(entry.get("url"), number) | _origin(entry))

    def _add(self, line: Line) -> None:
        key = (line["time"], line["kind"], line["text"], line.get("url"), line.get("line"))
        if key in self._seen:
            return
        size = sum(len(str(value)) for value in line.values())
        if len(self.lines) >= MAX_LINES or self._characters + size > MAX_CHARACTERS:
            self.left_out += 1
            return
        self._seen.add(key)
        self._characters += size
        self.lines.append(line)


def _line(milliseconds: float, kind: str, level: str, text: str) -> Line:
    if len(text) > MAX_TEXT:
        text = f"{text[:MAX_TEXT]}… ({len(text)} characters)"
    time = datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="microseconds")
    return {"time": time, "kind": kind, "level": level, "text": text}


def _place(url: str | None, line: int | None) -> Line:
    return {"url": url[:MAX_TEXT], "line": line} if url else {}


def _origin(told: Mapping[str, Any]) -> Line:
    """Return where a message comes from: the topmost function of its stack, and the stack if there is more of it."""
    frames = told.get("stackTrace", {}).get("callFrames", [])[:MAX_FRAMES]
    if not frames:
        return {}
    stack = [f"{f['functionName'] or '(anonymous)'} {f['url'][:MAX_TEXT]}:{f['lineNumber'] + 1}" for f in frames]
    place = _place(frames[0]["url"], frames[0]["lineNumber"] + 1)
    return place | ({"stack": stack} if len(stack) > 1 else {})


def _text(arguments: list[Params]) -> str:
    """Return what a console shows of the arguments (https://console.spec.whatwg.org/#formatter)."""
    values = [_value(argument) for argument in arguments]
    if len(values) > 1 and arguments[0].get("type") == "string":
        template, rest = values[0], iter(values[1:])
        filled = _PLACES.sub(lambda found: _fill(found[0], rest), template)
        values = [filled, *rest]
    return " ".join(values)


def _fill(place: str, values: Any) -> str:
    if place == "%%":
        return "%"
    value = next(values, None)
    if value is None:
        return place
    return "" if place == "%c" else str(value)


def _value(argument: Params) -> str:
    """Return a remote object (DevTools protocol, ``Runtime.RemoteObject``) as text; an object is told by its kind."""
    if "value" in argument:
        value = argument["value"]
        return value if isinstance(value, str) else "null" if value is None else str(value).lower()
    return str(argument.get("unserializableValue") or argument.get("description") or argument.get("type", ""))
