"""Compare an answer with what a page promises: ``"…"`` stands for any value, and what is not named may be there."""

from typing import Any

ANY = "…"


def differences(promised: Any, answer: Any, place: str = "answer") -> list[str]:
    """Return a line for each part of the promise that the answer does not keep.

    An object may have further fields, and a list further items after those promised.
    """
    if promised == ANY:
        return []
    if isinstance(promised, dict) and isinstance(answer, dict):
        missing = [f"{place}.{name} is missing" for name in promised if name not in answer]
        shared = [(name, value) for name, value in promised.items() if name in answer]
        return missing + [
            line for name, value in shared for line in differences(value, answer[name], f"{place}.{name}")
        ]
    if isinstance(promised, list) and isinstance(answer, list):
        if len(answer) < len(promised) or (not promised and answer):
            return [f"{place} has {len(answer)} items, promised are {len(promised)}"]
        pairs = enumerate(zip(promised, answer, strict=False))
        return [line for index, (value, found) in pairs for line in differences(value, found, f"{place}[{index}]")]
    if isinstance(promised, str) and isinstance(answer, str) and ANY in promised:
        rest, parts = answer, promised.split(ANY)
        for number, part in enumerate(parts):
            start = rest.find(part)
            if start < 0 or (number == 0 and start > 0):
                return [f"{place} is {answer!r}, promised is {promised!r}"]
            rest = rest[start + len(part) :]
        return [] if not rest or not parts[-1] else [f"{place} is {answer!r}, promised is {promised!r}"]
    return [] if promised == answer else [f"{place} is {answer!r}, promised is {promised!r}"]
