"""The API's description: what OpenAPI has no word for, and the table of operations in ``docs/api.md``."""

from collections.abc import Mapping
from typing import Any

from ninja import NinjaAPI

from pagekeep.api.schemas.uploads import FORMS

SCOPE = "x-scope"


def openapi(api: NinjaAPI) -> dict[str, Any]:
    """Return the OpenAPI description; `SCOPE` says which scope a token needs for an operation."""
    schema: dict[str, Any] = api.get_openapi_schema()
    scopes = {
        operation.operation_id: operation.auth_callbacks[0].scope  # type: ignore[attr-defined]
        for _, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
        if operation.auth_callbacks
    }
    for form in FORMS:
        schema["components"]["schemas"][form.__name__] = form.model_json_schema()
    for methods in schema["paths"].values():
        for operation in methods.values():
            if operation["operationId"] in scopes:
                operation[SCOPE] = scopes[operation["operationId"]]
    return schema


def operations_table(schema: Mapping[str, Any]) -> str:
    """Return a Markdown table of every operation in an OpenAPI description."""
    lines = ["| operation | what it does | scope | token | errors |", "|---|---|---|---|---|"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            errors = ", ".join(str(status) for status in operation["responses"] if int(status) >= 400)
            name, scope = f"`{method.upper()} {path}`", operation.get(SCOPE, "")
            lines.append(f"| {name} | {operation['summary']} | {scope} | {_token(operation)} | {errors} |")
    return "\n".join(lines) + "\n"


def _token(operation: Mapping[str, Any]) -> str:
    schemes = {name for scheme in operation.get("security", ()) for name in scheme}
    if not schemes:
        return "none"
    return "header or query" if "QueryParamTokenAuth" in schemes else "header"
