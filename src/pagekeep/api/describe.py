"""The API as text for people: the table of operations in ``docs/api.md``."""

from collections.abc import Mapping
from typing import Any


def operations_table(schema: Mapping[str, Any]) -> str:
    """Return a Markdown table of every operation in an OpenAPI description."""
    lines = ["| operation | what it does | token | errors |", "|---|---|---|---|"]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            errors = ", ".join(str(status) for status in operation["responses"] if int(status) >= 400)
            lines.append(f"| `{method.upper()} {path}` | {operation['summary']} | {_token(operation)} | {errors} |")
    return "\n".join(lines) + "\n"


def _token(operation: Mapping[str, Any]) -> str:
    schemes = {name for scheme in operation.get("security", ()) for name in scheme}
    if not schemes:
        return "none"
    return "header or query" if "QueryParamTokenAuth" in schemes else "header"
