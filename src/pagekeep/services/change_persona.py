"""Change a persona: its name, its settings, what it has of sites."""

from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Crawl, Persona, Schedule
from pagekeep.domain.errors import Conflict, NotFound
from pagekeep.domain.persona_names import DEFAULT, persona_key, persona_name
from pagekeep.services.persona_parts import PersonaParts


def change_persona(
    persona_id: UUID,
    parts: PersonaParts | None = None,
    *,
    name: str | None = None,
    extension_persona_id: str | None = None,
) -> Persona:
    """Change what is given of a persona. Its crawls and schedules go by its new name.

    Args:
        extension_persona_id: what the browser extension that keeps it calls it.

    Raises:
        NotFound: there is no such persona.
        BadInput: the name cannot be one. Conflict: another persona has it, or it is the default's, which stays.
        EnvironmentProblem: the disk does not take its files.
    """
    parts = parts or PersonaParts()
    wanted = None if name is None else persona_name(name)
    with transaction.atomic():
        persona = Persona.objects.filter(pk=persona_id).first()
        if persona is None:
            raise NotFound(f"There is no persona {persona_id} in this archive.")
        if wanted is not None and wanted != persona.name:
            _rename(persona, wanted)
        if parts.settings is not None:
            persona.config = parts.settings
        if extension_persona_id is not None:
            persona.extension_persona_id = extension_persona_id
        persona.save()
        # Short writes, and within the transaction: of two changes at once the same one counts on disk and in records.
        parts.keep_files(persona.pk)
    return persona


def _rename(persona: Persona, name: str) -> None:
    key = persona_key(name)
    if persona.key == persona_key(DEFAULT):
        raise Conflict(f"The persona {DEFAULT!r} keeps its name; make another persona for {name!r}.")
    if key != persona.key and Persona.objects.filter(key=key).exists():
        raise Conflict(f"There is a persona {name!r} already; choose another name.")
    for model in (Crawl, Schedule):
        model.objects.filter(persona=persona.name).update(persona=name)
    persona.name, persona.key = name, key
