"""How requests are read: JSON whatever the Content-Type says, and nothing unknown passed over in silence."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from orjson import JSONDecodeError, loads

from pagekeep.api.call import call_of
from pagekeep.domain.errors import BadInput

# Read by the middleware, not by an operation.
_EVERYWHERE = {"api_key"}


class JsonParser(Parser):
    """Reads bodies as JSON and notes the names in them."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body's value.

        Raises:
            BadInput: it is no JSON object, which every operation's body is.
        """
        try:
            content = loads(request.body)
        except JSONDecodeError as error:
            raise BadInput(f"The body is no valid JSON: {error}.") from error
        if not isinstance(content, dict):  # ninja would take the attributes of a list for its fields
            raise BadInput("The body must be a JSON object, like {...}.")
        call_of(request).body_fields = tuple(content)
        return content


def naming_the_unknown(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate an operation so that the caller reads which fields and parameters had no effect."""
    # Ninja binds the operation to the function before decorators are applied.
    models = getattr(view, "_ninja_operation").models  # noqa: B009
    parameters = {name for model in models if _source(model) == "query" for name in model.__ninja_flatten_map__}
    body = next((model for model in models if _source(model) == "body"), None)
    fields = set(body.model_fields[body.__read_from_single_attr__].annotation.model_fields) if body else set()

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **values: Any) -> Any:
        call = call_of(request)
        unknown = [name for name in request.GET if name not in parameters | _EVERYWHERE]
        unknown += [name for name in call.body_fields if name not in fields]
        if unknown:
            call.stderr.append(f"Unknown and without effect: {', '.join(unknown)}.")
        return view(request, *args, **values)

    return answering


def _source(model: Any) -> str | None:
    source: str | None = model.__ninja_param_source__
    return source
