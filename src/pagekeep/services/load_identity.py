"""Who the browser of a crawl is: its persona's settings, cookies and storage put together."""

from dataclasses import replace

import orjson

from pagekeep.archive.models import Persona
from pagekeep.domain.cookies import merge, parse_cookies
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.identity import Identity, identity_of
from pagekeep.domain.persona_names import DEFAULT, persona_key
from pagekeep.domain.site_storage import parse_auth
from pagekeep.services.wiring import persona_files
from pagekeep.storage.persona_files import AUTH, COOKIES


def load_identity(name: str) -> Identity:
    """Return the identity of the persona of that name.

    Raises:
        NotFound: it was removed. Never another identity in its place: the site would see who must not be seen there.
        BadInput: its files were changed by hand and can no longer be read.
        EnvironmentProblem: this user may not read them.
    """
    key = persona_key(name)
    persona = Persona.objects.filter(key=key).first()
    if persona is None and key == persona_key(DEFAULT):
        return Identity()
    if persona is None:
        raise NotFound(
            f"The persona {name!r} of this crawl was removed; make one of that name and retry,"
            " or add the URL again with another."
        )
    files = persona_files(persona.pk)
    try:
        brought, storage = parse_auth(orjson.loads(files.read(AUTH) or b"{}"))
        cookies = merge([*brought, *parse_cookies(files.read(COOKIES).decode())])
    except (ValueError, BadInput) as error:
        why = str(error) if isinstance(error, BadInput) else "It is no text that can be read."
        raise BadInput(
            f"What the persona {name!r} has of sites is damaged: {why} Give it anew, or clear it."
        ) from error
    identity = identity_of(persona.config)
    return replace(identity, cookies=cookies, storage=storage, owner=str(persona.pk))
