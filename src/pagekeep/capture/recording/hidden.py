"""Finds secret values in what is about to be kept, and puts a word in their place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

REDACTED = "redacted"
# Shorter values are too common to be told from other text; they are no secrets either.
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Hidden:
    """Values that are not kept. Make it with :func:`hidden_values`."""

    _by_beginning: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    def text(self, text: str) -> str:
        """Return ``text`` without them."""
        if not self._by_beginning or len(text) < SHORTEST:
            return text
        parts: list[str] = []
        kept = place = 0
        while place <= len(text) - SHORTEST:
            starts = self._by_beginning.get(text[place : place + SHORTEST], ())
            found = next((value for value in starts if text.startswith(value, place)), "")
            if found:
                parts += [text[kept:place], REDACTED]
                place += len(found)
                kept = place
            else:
                place += 1
        return "".join([*parts, text[kept:]]) if parts else text

    def data(self, data: bytes) -> bytes:
        """Return ``data`` without them."""
        if not self._by_beginning or len(data) < SHORTEST:
            return data
        return self.text(data.decode("latin-1")).encode("latin-1")


def hidden_values(values: Iterable[str]) -> Hidden:
    """Return the values, and the ways they are written in addresses and forms, as what is hidden."""
    forms = {form for value in values for form in _forms(value) if len(form) >= SHORTEST}
    by_beginning: dict[str, list[str]] = {}
    for form in sorted(forms, key=len, reverse=True):
        by_beginning.setdefault(form[:SHORTEST], []).append(form)
    return Hidden({beginning: tuple(found) for beginning, found in by_beginning.items()})


def _forms(value: str) -> Iterator[str]:
    yield value
    yield value.encode(errors="replace").decode("latin-1")
    yield quote(value, safe="", errors="replace")
    yield quote(value, safe="!*'()~", errors="replace")  # encodeURIComponent
    yield quote(value, safe="*-._", errors="replace").replace("%20", "+")  # forms
