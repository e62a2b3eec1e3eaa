"""What a persona is made of, checked before anything is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from pagekeep.domain.cookies import parse_cookies, write_cookies
from pagekeep.domain.errors import BadInput
from pagekeep.domain.identity import clean_settings
from pagekeep.domain.site_storage import parse_auth
from pagekeep.services.wiring import persona_files
from pagekeep.storage.persona_files import AUTH, COOKIES


@dataclass(frozen=True, slots=True)
class PersonaParts:
    """Parts of a persona, as they are kept; None leaves what is there, empty takes it away.

    Attributes:
        settings: all it shall have, see ``domain.identity``.
        cookies, auth: what it has of sites: the bytes of its files.
    """

    settings: dict[str, object] | None = None
    cookies: bytes | None = field(default=None, repr=False)
    auth: bytes | None = field(default=None, repr=False)

    def keep_files(self, persona_id: UUID) -> None:
        """Write the files.

        Raises:
            EnvironmentProblem: the disk does not take them.
        """
        files = persona_files(persona_id)
        for name, data in ((COOKIES, self.cookies), (AUTH, self.auth)):
            if data is not None:
                files.write(name, data)


def persona_parts(
    settings: Mapping[str, object] | None = None,
    cookies_txt: str | None = None,
    auth_json: Mapping[str, object] | None = None,
) -> PersonaParts:
    """Return what was given, as it is kept.

    Args:
        cookies_txt: a Netscape ``cookies.txt``, see ``domain.cookies``.
        auth_json: local and session storage, see ``domain.site_storage``.

    Raises:
        BadInput: one of them is none; no sentence repeats a cookie's or storage's value.
    """
    auth = None
    if auth_json is not None:
        parse_auth(auth_json)
        try:
            auth = orjson.dumps(auth_json) if auth_json else b""
        except TypeError as error:
            raise BadInput("auth_json holds something that cannot be written as JSON.") from error
    return PersonaParts(
        settings=None if settings is None else clean_settings(settings),
        cookies=None if cookies_txt is None else write_cookies(parse_cookies(cookies_txt)).encode(),
        auth=auth,
    )
