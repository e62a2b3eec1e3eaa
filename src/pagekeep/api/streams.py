"""Answers that are sent while they are made."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse

from pagekeep.api.schemas.common import ErrorSchema


def stream(pieces: Iterable[bytes], content_type: str, name: str) -> HttpResponse:
    """Return an answer made of pieces that are read one by one while it is sent.

    Args:
        name: what a browser that saves it calls the file; plain ASCII.
    """
    headers = {"Content-Disposition": f'inline; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    answer: Any = StreamingHttpResponse(pieces, content_type=content_type, headers=headers)
    return answer  # type: ignore[no-any-return]  # ninja passes every kind of answer on


def text_responses(content_type: str, example: str, *further: int) -> dict[str, Any]:
    """Return what an operation that answers no JSON takes: its answers, and how the OpenAPI page shows them.

    Args:
        further: error statuses besides 400, 403 and 503.
    """
    content = {content_type: {"schema": {"type": "string", "examples": [example]}}}
    return {
        "response": {200: None, **dict.fromkeys(sorted({400, 403, 503, *further}), ErrorSchema)},
        "openapi_extra": {"responses": {200: {"content": content}}},
    }
