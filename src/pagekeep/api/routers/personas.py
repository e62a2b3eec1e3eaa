"""``/personas/``: who the browser is to the sites it visits."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of
from pagekeep.api.pagination import page_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.common import PagingQuery, responses
from pagekeep.api.schemas.personas import (
    PagedPersonaSchema,
    PersonaSyncResponseSchema,
    PersonaSyncSchema,
    persona_object,
    persona_objects,
)
from pagekeep.archive.persona_queries import list_personas
from pagekeep.services.persona_parts import persona_parts
from pagekeep.services.sync_persona import sync_persona

router = Router(tags=["Personas"])


@router.get(
    "/personas",
    operation_id="get_personas",
    summary="List personas",
    auth=any_token("read"),
    response=responses(PagedPersonaSchema),
)
def get_personas(request: HttpRequest, query: Query[PagingQuery]) -> HttpResponse:
    """Newest first. Cookies and storage are never told."""
    return reply(page_of(list_personas(), query, persona_objects))


@router.post(
    "/sync",
    operation_id="sync_persona",
    summary="Make a persona from a browser extension, or bring it up to date",
    auth=any_token("admin"),
    response=responses(PersonaSyncResponseSchema, 409, 413),
)
def sync(request: HttpRequest, body: PersonaSyncSchema) -> HttpResponse:
    """The extension's id says which persona it is; where the id is new, the name does."""
    call = call_of(request)
    parts = persona_parts(body.settings.dict() if body.settings else None, body.cookies_txt, body.auth_json)
    synced = sync_persona(body.extension_persona_id, body.name, parts, user=call.user)
    call.stdout.append(f"The persona {synced.persona.name!r} is {'new' if synced.created else 'up to date'}.")
    if synced.taken_over:
        call.stderr.append("Another extension, or an earlier installation of this one, kept this persona before.")
    return reply(
        {
            "success": True,
            "created": synced.created,
            "persona": persona_object(synced.persona),
            "cookies_file_written": bool(parts.cookies),
            "auth_file_written": bool(parts.auth),
        }
    )
