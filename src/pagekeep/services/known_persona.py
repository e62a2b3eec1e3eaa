"""Personas: whose browser profile a crawl is made with."""

from pagekeep.domain.errors import BadInput

DEFAULT = "Default"


def known_persona(name: str) -> str:
    """Return the persona's name as it is kept; empty means the default.

    Raises:
        BadInput: there is no such persona.
    """
    if name.strip().casefold() in ("", DEFAULT.casefold()):
        return DEFAULT
    raise BadInput(f"There is no persona {name!r}; the one there is is {DEFAULT!r}.")
