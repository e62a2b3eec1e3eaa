"""Personas by their names: whose browser a crawl is made with."""

from pagekeep.archive.models import Persona
from pagekeep.domain.errors import BadInput
from pagekeep.domain.persona_names import DEFAULT, persona_key
from pagekeep.domain.urls import shorten

NAMED = 10


def known_persona(name: str) -> str:
    """Return the persona's name as it is kept; empty means the default.

    Raises:
        BadInput: there is no such persona.
    """
    key = persona_key(name)
    if key == persona_key(DEFAULT):
        return DEFAULT
    found = Persona.objects.filter(key=key).values_list("name", flat=True).first()
    if found is None:
        others = Persona.objects.exclude(key=persona_key(DEFAULT)).order_by("key").values_list("name", flat=True)
        names = ", ".join(map(repr, [DEFAULT, *others[:NAMED]]))
        raise BadInput(f"There is no persona {shorten(name)!r}; known are {names}.")
    return found
