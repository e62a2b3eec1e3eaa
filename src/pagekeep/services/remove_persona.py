"""Take a persona out of the archive, with its cookies and all it has of sites."""

from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Persona
from pagekeep.domain.errors import Conflict, NotFound
from pagekeep.domain.persona_names import DEFAULT, persona_key
from pagekeep.services.wiring import persona_files


def remove_persona(persona_id: UUID) -> str:
    """Remove a persona and return the name it had. What its crawls have archived stays; what they have not fails.

    Schedules that name it make no crawls from then on, and say why.

    Raises:
        NotFound: there is no such persona.
        Conflict: it is the default.
        EnvironmentProblem: the disk does not let its files go; then it stays.
    """
    with transaction.atomic():
        persona = Persona.objects.filter(pk=persona_id).first()
        if persona is None:
            raise NotFound(f"There is no persona {persona_id} in this archive.")
        if persona.key == persona_key(DEFAULT):
            raise Conflict(f"The persona {DEFAULT!r} cannot be removed: crawls that name none are made with it.")
        persona.delete()
        persona_files(persona_id).remove()
    return persona.name
