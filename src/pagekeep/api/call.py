"""What is known about one call of the API while it is answered."""

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.http import HttpRequest

from pagekeep.archive.models import APIToken

_KEY = "pagekeep.api_call"


@dataclass(slots=True)
class Call:
    """Kept with the request from the first middleware to the last.

    Attributes:
        token: whose call it is; None until, and unless, valid credentials were given.
        method: how the token came, e.g. ``HeaderTokenAuth``.
        offered: whether any credentials were given, good or bad.
        session_key: of the browser's session, which counts for files of crawls only.
        query_token: the ``api_key`` of the query, which is masked in the request itself.
        body_fields: the names in the JSON body.
        stdout, stderr: what the command has to say beside its answer.
    """

    token: APIToken | None = None
    method: str = "none"
    offered: bool = False
    query_token: str = ""
    session_key: str = ""
    body_fields: tuple[str, ...] = ()
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)

    @property
    def user(self) -> User | None:
        """Whose token the call was made with; None where it needs none."""
        return self.token.created_by if self.token else None


def call_of(request: HttpRequest) -> Call:
    """Return what is known about this call."""
    call = request.META.setdefault(_KEY, Call())
    assert isinstance(call, Call)  # noqa: S101  # META holds anything; no request header can have this key
    return call


def user_of(request: HttpRequest) -> User | None:
    """Return whose token the call was made with; None where it needs none."""
    return call_of(request).user
