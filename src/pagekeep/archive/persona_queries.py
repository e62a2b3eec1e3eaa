"""Reading personas: one statement each."""

from django.db.models import QuerySet

from pagekeep.archive.models import Persona
from pagekeep.archive.references import find_one, id_range
from pagekeep.domain.persona_names import persona_key


def list_personas() -> QuerySet[Persona]:
    """Return every persona with who made it, newest first."""
    return Persona.objects.select_related("created_by").order_by("-created_at", "-id")


def persona_choices() -> list[str]:
    """Return the names of all personas, sorted."""
    return list(Persona.objects.order_by("key").values_list("name", flat=True))


def find_persona(reference: str) -> Persona:
    """Return the persona a name, an id or an id's beginning names; a name wins.

    Raises:
        NotFound, AmbiguousReference
    """
    personas = Persona.objects.select_related("created_by")
    named = personas.filter(key=persona_key(reference)).first()
    return named or find_one(personas, [id_range(reference)], "persona", reference)
