"""Take over a persona from a browser extension, as often as it likes."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from pagekeep.archive.models import Persona
from pagekeep.domain.errors import BadInput
from pagekeep.domain.persona_names import persona_key, persona_name
from pagekeep.services.change_persona import change_persona
from pagekeep.services.make_persona import make_persona
from pagekeep.services.persona_parts import PersonaParts

LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of it. ``created``: it is new. ``taken_over``: another extension kept it before."""

    persona: Persona
    created: bool
    taken_over: bool


def sync_persona(extension_persona_id: str, name: str, parts: PersonaParts, *, user: User | None) -> Synced:
    """Make the persona the extension speaks of, or change the one it made before.

    It is known by the extension's id; where that is new, by its name: an extension that was installed anew has other
    ids for the same personas, and must not be locked out of them.

    Raises:
        BadInput: id or name is bad.
        Conflict: the extension gives a persona it knows the name of another one, or the default another name.
        EnvironmentProblem: the disk does not take the persona's files.
    """
    key = extension_persona_id.strip()
    if not key or len(key) > LONGEST_ID or not key.isprintable():
        raise BadInput(f"extension_persona_id must be 1 to {LONGEST_ID} printable characters.")
    tidy = persona_name(name)
    with transaction.atomic():
        known = Persona.objects.filter(extension_persona_id=key).first()
        if known:
            return Synced(change_persona(known.pk, parts, name=tidy), created=False, taken_over=False)
        named = Persona.objects.filter(key=persona_key(tidy)).first()
        if named is None:
            made = make_persona(tidy, parts, user=user, extension_persona_id=key)
            return Synced(made, created=True, taken_over=False)
        taken_over = named.extension_persona_id is not None
        changed = change_persona(named.pk, parts, extension_persona_id=key)
    return Synced(changed, created=False, taken_over=taken_over)
