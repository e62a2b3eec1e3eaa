"""What personas are called: names that differ in case or spaces only are one."""

import unicodedata

from pagekeep.domain.errors import BadInput

DEFAULT = "Default"
LONGEST = 100


def persona_key(name: str) -> str:
    """Return what the names of one persona have in common; empty text names the default."""
    return _tidy(name).casefold() or DEFAULT.casefold()


def persona_name(name: str) -> str:
    """Return the name a persona may be given: composed, and with single spaces.

    Raises:
        BadInput: it cannot be one.
    """
    tidy = _tidy(name)
    if not tidy or not tidy.isprintable() or len(tidy) > LONGEST:
        raise BadInput(f"A persona's name has 1 to {LONGEST} characters, all of them printable.")
    return tidy


def _tidy(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())
