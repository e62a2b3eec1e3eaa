"""The answer of every command."""

from django.http import HttpRequest, HttpResponse

from pagekeep.api.call import call_of
from pagekeep.api.reply import reply


def command_reply(request: HttpRequest, result: object, result_format: str = "json") -> HttpResponse:
    """Return the answer of a command that succeeded, with what it had to say."""
    call = call_of(request)
    return reply(
        {
            "success": True,
            "errors": [],
            "result": result,
            "result_format": result_format,
            "stdout": "\n".join(call.stdout),
            "stderr": "\n".join(call.stderr),
        }
    )
