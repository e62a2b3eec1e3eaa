"""JSON answers."""

from django.http import HttpResponse
from orjson import OPT_UTC_Z, dumps


def reply(content: object, status: int = 200) -> HttpResponse:
    """Return a JSON answer of dicts, lists, text, numbers, times (ISO 8601, UTC as ``Z``) and UUIDs.

    Django-ninja sends it as it is: passing long lists through pydantic would cost six times the rest of the call.
    """
    return HttpResponse(dumps(content, option=OPT_UTC_Z), content_type="application/json", status=status)
