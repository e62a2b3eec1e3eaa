"""Personas."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field, field_validator

from pagekeep.api.schemas.common import PageFields, creator_fields, example
from pagekeep.archive.models import Persona

_SETTINGS: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0"
    " Safari/537.36",
    "viewport_size": "1440x900",
    "viewport_device_scale_factor": 1.0,
    "color_scheme": "light",
    "language": "de-DE",
    "timezone": "Europe/Berlin",
    "geolocation": {"latitude": 52.52, "longitude": 13.405, "accuracy": 50.0},
}
_EXAMPLE: dict[str, Any] = {
    "TYPE": "personas.models.Persona",
    "id": "0199c0de-0000-7000-8000-000000000004",
    "name": "Work",
    "created_at": "2026-11-23T20:00:00Z",
    "modified_at": "2026-11-23T20:00:00Z",
    "created_by_id": "1",
    "created_by_username": "admin",
    "config": _SETTINGS,
}


class PersonaSchema(Schema):
    TYPE: str = "personas.models.Persona"
    id: UUID
    name: str
    created_at: datetime
    modified_at: datetime
    created_by_id: str
    created_by_username: str
    config: dict[str, Any] | None = Field(description="Its settings; what it has of sites is never told.")

    model_config = example(**_EXAMPLE)


class PagedPersonaSchema(PageFields):
    items: list[PersonaSchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_EXAMPLE]
    )


class PersonaBrowserSettingsSchema(Schema):
    user_agent: str | None = Field("", description="Empty for the browser's own.")
    viewport_size: str | None = Field("", description="Width and height in CSS pixels, like `1440x900`.")
    viewport_device_scale_factor: float | None = Field(None, description="Pixels of the screen for each of these.")
    color_scheme: Literal["", "light", "dark"] = ""
    language: str | None = Field("", description="BCP 47, like `de-DE`; several like `de-DE,en`.")
    timezone: str | None = Field("", description="IANA name, like `Europe/Berlin`.")
    geolocation: dict[str, Any] | None = Field(
        None, description="`latitude` and `longitude` in degrees, `accuracy` in metres."
    )


class PersonaSyncSchema(Schema):
    extension_persona_id: str = Field(description="What the extension calls it: the same id, the same persona.")
    name: str
    settings: PersonaBrowserSettingsSchema | None = Field(
        None, description="All it shall have; absent leaves those it has."
    )
    cookies_txt: str | None = Field(
        None, description="Netscape `cookies.txt`; absent leaves the cookies it has, empty takes them away."
    )
    auth_json: dict[str, Any] | None = Field(
        None,
        description="`localStorage` and `sessionStorage` by origin, or a Playwright storage state; absent leaves what"
        " it has, `{}` takes it away.",
    )

    @field_validator("settings", mode="before")
    @classmethod
    def _an_object(cls, value: object) -> object:
        """Ninja would take anything for an object whose fields are all absent."""
        if value is not None and not isinstance(value, dict):
            raise ValueError("it must be an object")
        return value

    model_config = example(
        extension_persona_id="persona-1",
        name="Work",
        settings=_SETTINGS,
        cookies_txt="# Netscape HTTP Cookie File\n.example.com\tTRUE\t/\tTRUE\t0\tsession\tabc\n",
        auth_json={"localStorage": {"https://example.com": {"token": "abc"}}},
    )


class PersonaSyncResponseSchema(Schema):
    success: bool
    created: bool
    persona: PersonaSchema
    cookies_file_written: bool
    auth_file_written: bool

    model_config = example(
        success=True, created=True, persona=_EXAMPLE, cookies_file_written=True, auth_file_written=True
    )


def persona_objects(personas: QuerySet[Persona]) -> list[dict[str, Any]]:
    """Return the fields of `PersonaSchema` for each persona."""
    return [persona_object(persona) for persona in personas]


def persona_object(persona: Persona) -> dict[str, Any]:
    """Return the fields of `PersonaSchema` for a persona read with who made it."""
    by = persona.created_by
    return {
        "TYPE": "personas.models.Persona",
        "id": persona.pk,
        "name": persona.name,
        "created_at": persona.created_at,
        "modified_at": persona.modified_at,
        **creator_fields(
            {"created_by_id": persona.created_by_id, "created_by_username": by.get_username() if by else ""}
        ),
        "config": persona.config,
    }
