"""The one shape of every error under ``/api/``."""

import logging
import re
import traceback
from collections.abc import Sequence

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from pagekeep.api.call import call_of
from pagekeep.api.reply import reply
from pagekeep.config.load import settings
from pagekeep.domain.errors import (
    BadInput,
    Conflict,
    EnvironmentProblem,
    NotAllowed,
    NotFound,
    PagekeepError,
    TooLarge,
    TooManyFailures,
)

log = logging.getLogger("pagekeep.api")

# What `message` begins with. Clients tell errors apart by the first two.
KINDS = {
    400: "ValidationError",
    403: "PermissionDenied",
    404: "ObjectDoesNotExist",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "RequestTooLarge",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
}
_STATUS: dict[type[PagekeepError], int] = {
    NotFound: 404,
    TooLarge: 413,  # before BadInput, of which it is a kind
    BadInput: 400,
    Conflict: 409,
    NotAllowed: 403,
    TooManyFailures: 429,
    EnvironmentProblem: 503,
}
_INTERNAL = "Pagekeep failed to answer because of an error of its own; the server's log says more."
_NO_TOKEN = "An API token is needed; send it as X-ArchiveBox-API-Key, as Authorization: Bearer, or as ?api_key=."  # noqa: S105
_BAD_TOKEN = "The API token is unknown, expired or revoked, or its user is no superuser."  # noqa: S105


def problem(
    status: int, sentences: Sequence[str], *, kind: str | None = None, detail: object | None = None
) -> HttpResponse:
    """Return an error answer.

    Args:
        sentences: plain sentences, at least one.
        kind: what the message begins with, if not the status's own word.
        detail: for clients that show what django-ninja would have sent; the first sentence if None.
    """
    content = {
        "succeeded": False,
        "message": f"{kind or KINDS[status]}: {sentences[0]}",
        "errors": list(sentences),
        "detail": sentences[0] if detail is None else detail,
    }
    return reply(content, status)


def in_our_shape(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the answer, or one of the common shape where it is an error page that Django or ninja made."""
    status = response.status_code
    if status < 400 or response.headers.get("Content-Type", "").startswith("application/json"):
        return response
    if status == 405:
        methods = re.findall(r"[A-Z]+", response.headers.get("Allow", ""))
        allowed = ", ".join(sorted({*methods, *(["HEAD"] if "GET" in methods else [])}))
        # What the client asked with, though a HEAD is answered as a GET.
        asked = request.META.get("REQUEST_METHOD", request.method)
        made = problem(405, [f"{asked} is not possible at {request.path}; allowed are {allowed}."])
        made.headers["Allow"] = allowed
        return made
    if status >= 500:
        return problem(503, [_INTERNAL])
    sentence = {404: f"There is nothing at {request.path}; see /api/v1/docs for what there is."}.get(
        status, f"The request cannot be understood ({response.reason_phrase})."
    )
    return problem(status if status in KINDS else 400, [sentence])


def add_handlers(api: NinjaAPI) -> None:
    """Make the API answer every exception in the common shape."""
    api.add_exception_handler(PagekeepError, _on_purpose)
    api.add_exception_handler(ValidationError, _bad_parameters)
    api.add_exception_handler(SuspiciousOperation, _suspicious)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(AuthenticationError, _no_access)
    api.add_exception_handler(HttpError, _of_ninja)
    api.add_exception_handler(Http404, _missing)
    api.add_exception_handler(Exception, _unexpected)


def _on_purpose(request: HttpRequest, error: object) -> HttpResponse:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)
    sentences = error.args if isinstance(error, BadInput) and error.args else [str(error)]
    kind = type(error).__name__ if status == 503 else None
    made = problem(status, [str(sentence) for sentence in sentences], kind=kind)
    if isinstance(error, TooManyFailures):
        made.headers["Retry-After"] = str(error.wait)
    return made


def _bad_parameters(request: HttpRequest, error: object) -> HttpResponse:
    details = error.errors if isinstance(error, ValidationError) else []
    sentences = []
    for item in details:
        place = ".".join(str(part) for part in item["loc"][1:]) or "The body"
        text = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
        sentences.append(f"{place}: {text[:1].lower()}{text[1:]}.")
    return problem(400, sentences or ["A parameter is bad."], detail=details)


def _suspicious(request: HttpRequest, error: object) -> HttpResponse:
    return problem(400, [f"Django refuses the request: {str(error).rstrip('.')}."])


def _too_big(request: HttpRequest, error: object) -> HttpResponse:
    return problem(413, ["The body is larger than this server accepts; send it in parts."])


def _no_access(request: HttpRequest, error: object) -> HttpResponse:
    made = problem(403, [_BAD_TOKEN if call_of(request).offered else _NO_TOKEN])
    if settings().api_basic_auth:
        made.headers["WWW-Authenticate"] = 'Basic realm="Pagekeep", charset="UTF-8"'
    return made


def _of_ninja(request: HttpRequest, error: object) -> HttpResponse:
    status = error.status_code if isinstance(error, HttpError) else 400
    cause = error.__cause__ if isinstance(error, Exception) else None
    sentence = str(cause) if isinstance(cause, BadInput) else str(error)
    return problem(status if status in KINDS else 400, [sentence])


def _missing(request: HttpRequest, error: object) -> HttpResponse:
    return problem(404, [str(error) or "There is no such object."])


def _unexpected(request: HttpRequest, error: object) -> HttpResponse:
    assert isinstance(error, Exception)  # noqa: S101  # ninja's types allow a class in its place
    log.error("%s %s failed.", request.method, request.path, exc_info=error)
    if call_of(request).token is None:
        return problem(503, [_INTERNAL])
    sentence = f"{error or 'No text.'}"
    return problem(503, [sentence, "".join(traceback.format_exception(error))], kind=type(error).__name__)
