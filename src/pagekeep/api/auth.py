"""Whose call it is: a token in a header, as a bearer, or in the query. Cookies count for
files of crawls only.

The class names are the names of the security schemes in the OpenAPI page.
"""

from typing import Any

from django.http import HttpRequest
from ninja.errors import AuthorizationError
from ninja.security import APIKeyCookie, APIKeyHeader, APIKeyQuery, HttpBasicAuth, HttpBearer

from pagekeep.api.call import call_of
from pagekeep.archive.models import APIToken
from pagekeep.config.load import settings
from pagekeep.services.check_session import check_session
from pagekeep.services.check_token import check_token, has_scope
from pagekeep.services.log_in import check_password_again

SCOPE_WORDS = {"read": "read", "add": "add to the archive", "admin": "change and delete"}


class _TokenAuth:
    """Checks a token for one scope. ``admin`` includes the others."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def _check(self, request: HttpRequest, text: str | None) -> APIToken | None:
        if not text:
            return None
        call = call_of(request)
        call.offered = True
        token = check_token(text.strip())
        if token is None:
            return None
        call.token, call.method = token, type(self).__name__
        if not has_scope(token, self.scope):
            raise AuthorizationError(
                message=f"This token may not {SCOPE_WORDS[self.scope]}: it lacks the scope {self.scope!r}."
            )
        return token


class HeaderTokenAuth(_TokenAuth, APIKeyHeader):
    param_name = "X-ArchiveBox-API-Key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the token, None if it is not valid."""
        return self._check(request, key)


class BearerTokenAuth(_TokenAuth, HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Return the token, None if it is not valid."""
        return self._check(request, token)


class QueryParamTokenAuth(_TokenAuth, APIKeyQuery):
    param_name = "api_key"

    def _get_key(self, request: HttpRequest) -> str | None:
        return call_of(request).query_token

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the token, None if it is not valid."""
        return self._check(request, key)


class UsernameAndPasswordAuth(_TokenAuth, HttpBasicAuth):
    """HTTP Basic (RFC 7617), where the setting allows it. Such a call may do all that a token can."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Any:
        """Return a token that is valid for this call only, None if the password is wrong or the user no superuser."""
        call = call_of(request)
        call.offered = True
        user = check_password_again(username, password, request.META.get("REMOTE_ADDR", ""))
        if user is None:
            return None
        call.token, call.method = APIToken(id=None, created_by=user), type(self).__name__
        return call.token


def header_token(scope: str) -> list[Any]:
    """Return the ways of giving a token that has the scope in a header."""
    return [HeaderTokenAuth(scope), BearerTokenAuth(scope)]


def any_token(scope: str) -> list[Any]:
    """Return every way of giving a token that has the scope, and a password where the settings allow that."""
    basic = [UsernameAndPasswordAuth(scope)] if settings().api_basic_auth else []
    return [*header_token(scope), QueryParamTokenAuth(scope), *basic]


class AdminSessionAuth(APIKeyCookie):
    """The session of someone who is logged in: only where nothing is changed and an address is opened by a person.

    What another site, or a page in this archive, makes the browser ask for does not count.
    """

    param_name = "sessionid"

    def __init__(self) -> None:
        super().__init__(csrf=False)

    def _get_key(self, request: HttpRequest) -> str | None:
        return call_of(request).session_key

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Return the user, None if there is no such session."""
        if not key or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return None
        user = check_session(key)
        if user is not None:
            call_of(request).method = type(self).__name__
        return user


class PublicIndex:
    """Lets everyone in where people who are not logged in may see the list."""

    def __call__(self, request: HttpRequest) -> Any:
        """Return True where they may, else None."""
        return settings().public_index or None
