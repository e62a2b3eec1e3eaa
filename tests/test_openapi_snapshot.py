"""Any change of the wire shows as a difference of ``openapi.json`` beside this file.

To accept one: ``make docs``, then look at the difference.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pagekeep.api.pages import openapi_bytes

KEPT = Path(__file__).with_name("openapi.json")
SCHEMA: dict[str, Any] = json.loads(openapi_bytes())
OPERATIONS = [
    pytest.param(operation, id=f"{method.upper()} {path}")
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]


def test_the_wire_is_as_it_was() -> None:
    now = json.dumps(SCHEMA, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert KEPT.read_text(encoding="utf-8") == now, (
        "The API has changed; if it was meant to, see this file's first lines."
    )


def schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a body: that of its JSON, or of the one other kind it has; the first of several kinds."""
    content = answer["content"]
    schema = content.get("application/json", next(iter(content.values())))["schema"]
    schema = schema.get("anyOf", [schema])[0]
    found: dict[str, Any] = (
        SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_explained(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert schema_of(operation["responses"]["200"])["examples"]
    if "requestBody" in operation:
        assert schema_of(operation["requestBody"])["examples"]
    errors = {status for status in operation["responses"] if status >= "400"}
    assert {"400", "503"} <= errors
    assert ("403" in errors) == ("security" in operation)
    for status in errors:
        assert set(schema_of(operation["responses"][status])["properties"]) == {
            "succeeded",
            "message",
            "errors",
            "detail",
        }


def test_operation_names_are_unique() -> None:
    names = [operation.values[0]["operationId"] for operation in OPERATIONS]  # type: ignore[index, call-overload]
    assert len(names) == len(set(names))
