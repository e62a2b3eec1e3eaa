"""Make a persona."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Persona
from pagekeep.domain.errors import Conflict
from pagekeep.domain.persona_names import DEFAULT, persona_key, persona_name
from pagekeep.services.persona_parts import PersonaParts


def make_persona(
    name: str, parts: PersonaParts | None = None, *, user: User | None, extension_persona_id: str | None = None
) -> Persona:
    """Return a new persona.

    Args:
        extension_persona_id: what the browser extension that keeps it calls it.

    Raises:
        BadInput: the name cannot be one. Conflict: there is a persona of that name.
        EnvironmentProblem: the disk does not take its files.
    """
    tidy, parts = persona_name(name), parts or PersonaParts()
    with transaction.atomic():
        if Persona.objects.filter(key=persona_key(tidy)).exists():
            raise Conflict(f"There is a persona {tidy!r} already; choose another name, or change that one.")
        persona = Persona.objects.create(
            created_at=timezone.now(),
            created_by=user,
            name=tidy,
            key=persona_key(tidy),
            config=parts.settings or {},
            extension_persona_id=extension_persona_id,
        )
        parts.keep_files(persona.pk)
    return persona


def ensure_default() -> None:
    """Make the persona that always exists, unless it does."""
    if not Persona.objects.filter(key=persona_key(DEFAULT)).exists():
        make_persona(DEFAULT, user=None)
