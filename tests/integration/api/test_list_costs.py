"""Every list of the API costs the same number of SQL statements, however long it is: no list can be forgotten here."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pagekeep.api.api import api as pagekeep_api
from pagekeep.archive.models import ArchiveResult, Binary, Machine, Persona, Webhook, Worker
from pagekeep.services.add_urls import add_urls

pytestmark = pytest.mark.django_db
FEW, MANY = 2, 30


def lists() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each operation that answers with a page of a list, plain and with everything it can nest."""
    for path, operations in pagekeep_api.get_openapi_schema()["paths"].items():
        parameters = {item["name"]: item for item in operations.get("get", {}).get("parameters", ())}
        if "limit" not in parameters or any(item["in"] == "path" for item in parameters.values()):
            continue
        nested = {name: "true" for name, item in parameters.items() if name.startswith("with_") and _is_flag(item)}
        yield path, {}
        if nested:
            yield path, nested


def _is_flag(parameter: dict[str, Any]) -> bool:
    return "boolean" in str(parameter["schema"])


def make_more(number: int) -> None:
    """Make so many more of everything there are lists of."""
    now, start = timezone.now(), Machine.objects.count()
    for index in range(start, start + number):
        urls = [f"https://example.com/{index}/{page}" for page in range(2)]
        for snapshot in add_urls(urls, user=None, tags=[f"Tag {index}", "all"]).snapshots:
            for plugin in ("title", "pdf"):
                ArchiveResult.objects.create(snapshot=snapshot, plugin=plugin, created_at=now)
        machine = Machine.objects.create(created_at=now, guid=str(index), hostname="here")
        Binary.objects.create(created_at=now, machine=machine, name="git")
        Persona.objects.create(created_at=now, name=f"Persona {index}", key=f"persona {index}")
        Webhook.objects.create(created_at=now, url="https://example.com/hook", enabled=False)
        Worker.objects.create(machine=machine, hostname="here", pid=index, started_at=now, heartbeat_at=now)


def ask(api: Client, path: str, query: dict[str, str]) -> tuple[int, list[str]]:
    """Return how many items the answer lists, and the statements it took."""
    with CaptureQueriesContext(connection) as seen:
        answer = api.get(path, query)
    assert answer.status_code == 200
    return _items(answer), [entry["sql"] for entry in seen.captured_queries]


def _items(answer: Any) -> int:
    if answer.headers["Content-Type"] != "application/json":
        return int(answer.content.count(b"<item>"))
    content = answer.json()
    found = [content] if isinstance(content, list) else [part for part in content.values() if isinstance(part, list)]
    return len(found[0])


@pytest.mark.parametrize(
    ("path", "query"), list(lists()), ids=lambda part: part if isinstance(part, str) else "+".join(part)
)
def test_a_list_costs_the_same_whatever_its_length(path: str, query: dict[str, str], api: Client) -> None:
    make_more(FEW)
    ask(api, path, query)  # notes the use of the token
    few, statements = ask(api, path, query)
    make_more(MANY)
    many, same = ask(api, path, query)
    assert many > few > 0, f"make_more makes none of what {path} lists; have it make some."
    assert len(same) == len(statements), "\n".join(same)
