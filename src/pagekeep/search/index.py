"""What the rest of Pagekeep asks of an index, whichever database holds it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from django.db.models import Q

MOST_CHARACTERS = 10_000
"""What is asked beyond that is not read."""


class SearchMode(StrEnum):
    """What is searched: URL, title, tags, id and timestamp; the page's text; that and the text of every file."""

    META = "meta"
    CONTENTS = "contents"
    DEEP = "deep"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person looks for: any text. It is never read as a query language, but for ``"quoted words"`` in texts."""

    text: str
    mode: SearchMode = SearchMode.META

    @classmethod
    def of(cls, text: str, mode: str = "") -> "Asked":
        """Clean what came from outside: no half characters, no control characters, of bounded length.

        Args:
            mode: the name of a known one; empty for meta.
        """
        whole = text[:MOST_CHARACTERS].encode(errors="ignore").decode()
        plain = "".join(character if character >= " " and character != "\x7f" else " " for character in whole)
        return cls(plain.strip(), SearchMode(mode or SearchMode.META))


@dataclass(frozen=True, slots=True)
class Found:
    """Snapshots that fit, by their timestamps, newest first, and how many there are in all.

    ``exact`` False: the total is an estimate, from the newest ones.
    """

    timestamps: list[str]
    total: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a kept text around what was found; ``hit`` where it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many listed snapshots there are, how many the index knows, and the files of how many are yet to be read."""

    snapshots: int
    indexed: int
    unread: int


class SearchIndex(Protocol):
    """An index of the archive in its database. URL, title and tags get into it by themselves, texts by `put_text`."""

    def find(self, asked: Asked, most: int) -> Found:
        """Return the newest ``most`` snapshots that fit. No text raises anything."""
        ...

    def newest(self, asked: Asked, most: int) -> list[str]:
        """Return the newest ``most`` that fit by their timestamps, newest first, without counting the others."""
        ...

    def condition(self, asked: Asked) -> Q:
        """Return which snapshots fit, to be joined with other conditions on them."""
        ...

    def passages(self, asked: Asked, timestamps: Collection[str]) -> Mapping[str, list[Part]]:
        """Return where the texts of these snapshots hold what was asked, by timestamp; empty for meta."""
        ...

    def put_text(self, snapshot_id: UUID, text: str, deeper: str) -> None:
        """Keep the words of a snapshot, in place of those it had. One that is gone or hidden keeps none."""
        ...

    def agreement(self) -> Agreement:
        """Count what the archive has and what the index knows."""
        ...

    def start_refill(self) -> bool:
        """Begin to index URL, title and tags of every snapshot anew, and have the texts of all read again.

        Returns:
            False where that has begun before and is not done: it goes on from there.
        """
        ...

    def refill_some(self) -> int:
        """Index some more in a short transaction, newest first; return how many, 0 when all are."""
        ...
