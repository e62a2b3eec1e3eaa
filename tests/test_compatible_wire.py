"""Clients written for ArchiveBox find every operation, parameter and field they know.

``archivebox_wire.json`` lists those of ArchiveBox 0.9.73: the query parameters of each operation, the schemas of its
body and answer, and the fields of each schema.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pagekeep.api.pages import openapi_bytes

KNOWN: dict[str, Any] = json.loads(Path(__file__).with_name("archivebox_wire.json").read_text())
OURS: dict[str, Any] = json.loads(openapi_bytes())


def schema_name(content: dict[str, Any]) -> str:
    """Return the schema of an answer, or of its items where it is a bare list."""
    name: str = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    items = OURS["components"]["schemas"][name].get("items")
    return items["$ref"].rpartition("/")[2] if items else name


@pytest.mark.parametrize("name", KNOWN["operations"])
def test_the_operation_is_there(name: str) -> None:
    method, _, path = name.partition(" ")
    operation = OURS["paths"][path][method.lower()]
    known = KNOWN["operations"][name]
    parameters = {parameter["name"] for parameter in operation.get("parameters", [])}
    assert set(known["query"]) <= parameters
    if known["body"]:
        assert schema_name(operation["requestBody"]["content"]) == known["body"]
    if known["answer"]:
        assert schema_name(operation["responses"]["200"]["content"]) == known["answer"]


@pytest.mark.parametrize("name", KNOWN["schemas"])
def test_the_schema_has_every_field(name: str) -> None:
    assert set(KNOWN["schemas"][name]) <= set(OURS["components"]["schemas"][name]["properties"])
