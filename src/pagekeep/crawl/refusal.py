"""A URL that a crawl does not take, and why."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """A URL that a crawl does not take. ``rule`` is one word to count by, ``reason`` the sentence people read."""

    url: str
    rule: str
    reason: str


Judge = Callable[[str], Refusal | None]
"""Says of a URL why it is not taken, None where it may be."""
