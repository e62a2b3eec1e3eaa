"""Every operation × every kind of credentials × every kind of body: each cell has an answer that is asserted.

Operations come from the code, bodies from the examples of the OpenAPI page; nothing here is to be changed for a new
operation, unless its example answers otherwise than with 200, or its path names a new kind of object.
"""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from pagekeep.api.pages import openapi_bytes
from pagekeep.archive.models import ArchiveResult, Binary, Tag, Webhook
from pagekeep.domain.status import ResultStatus
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.note_machine import note_machine
from pagekeep.services.register_worker import register_worker
from pagekeep.services.revoke_token import revoke_token

pytestmark = pytest.mark.django_db

SCHEMA: dict[str, Any] = json.loads(openapi_bytes())
OPERATIONS = [
    pytest.param(method, path, operation, id=operation["operationId"])
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
]
HUGE = 20 * 2**20
NO_ACCESS = ("none", "bad", "expired", "revoked", "plain user")
BODIES = ("valid", "wrong type", "missing", "unknown field", "huge", "invalid JSON", "text/plain")

# Names that nothing has are answered with an empty list.
LISTS_BY_NAME = ("get_binaries_by_name",)
# What the example of an operation is answered with, where that is not 200.
VALID = {
    "remove_tag_from_snapshot": 404,  # no snapshot of the matrix has its tag
    "get_crawl_folder_file": 404,  # and none has been captured
    "get_crawl_subfolder_file": 404,
}


@dataclass
class World:
    """Objects that paths name, and tokens of every kind."""

    paths: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def url(self, path: str) -> str:
        for name, value in self.paths.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, f"The matrix has no object for {path}; add one to `world`."
        return path


@pytest.fixture
def world(keeper: User) -> World:
    added = add_urls(["https://example.com/"], user=keeper, tags=["news"])
    (snapshot,) = added.snapshots
    result = ArchiveResult.objects.create(
        snapshot=snapshot, plugin="title", status=ResultStatus.SUCCEEDED, created_at=timezone.now()
    )
    machine = note_machine()
    binary = Binary.objects.create(machine=machine, name="git", created_at=timezone.now())
    paths = {
        "snapshot_id": str(snapshot.pk),
        "archiveresult_id": str(result.pk),
        "crawl_id": str(added.crawl.pk),
        "tag_id": str(Tag.objects.get().pk),
        "id": str(snapshot.pk),
        "worker_id": str(register_worker(1).pk),
        "machine_id": str(machine.pk),
        "binary_id": str(binary.pk),
        "name": binary.name,
        "webhook_id": str(_webhook().pk),
        "filename": "urls.txt",
        "folder": str(snapshot.pk),
        "subfolder": "title",
    }
    return World(paths, _tokens(keeper))


def _webhook() -> Webhook:
    """A webhook whose endpoint is refused before anything is sent."""
    url = "http://127.0.0.1:9/"
    return Webhook.objects.create(url=url, events=["*"], salt="0" * 32, created_at=timezone.now())


def _tokens(keeper: User) -> dict[str, str]:
    User.objects.create_superuser("admin", password="correct horse battery staple")  # of the example
    plain = User.objects.create_user("plain")
    expired, text = issue_token(keeper)
    expired.expires = timezone.now() - timedelta(seconds=1)
    expired.save()
    revoked = issue_token(keeper)
    revoke_token(str(revoked[0].pk))
    return {
        "bad": "0123456789abcdef0123456789abcdef",
        "expired": text,
        "revoked": revoked[1],
        "plain user": issue_token(plain)[1],
        "read scope": issue_token(keeper, scopes=["read"])[1],
        "superuser": issue_token(keeper)[1],
    }


def body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    reference = content["application/json"]["schema"]["$ref"]
    found: dict[str, Any] = SCHEMA["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def bodies(operation: dict[str, Any], world: World) -> dict[str, tuple[str, str]]:
    """Return (body, Content-Type) of every kind; the same for operations that read no body."""
    schema = body_schema(operation)
    valid = dict(schema["examples"][0]) if schema else {}
    for name, value in world.paths.items():
        if name in valid:
            valid[name] = value
    return {
        "valid": (json.dumps(valid), "application/json"),
        "wrong type": (json.dumps(valid | _of_wrong_type(schema)), "application/json"),
        "missing": ("", "application/json"),
        "unknown field": (json.dumps(valid | {"no_such_field": 1}), "application/json"),
        "huge": (json.dumps(valid | {"padding": "x" * HUGE}), "application/json"),
        "invalid JSON": ("{", "application/json"),
        "text/plain": (json.dumps(valid), "text/plain"),
    }


def _of_wrong_type(schema: dict[str, Any] | None) -> dict[str, Any]:
    """Return a value for each field that it cannot have; a field that takes any has none."""
    wrong: dict[str, Any] = {}
    for name, description in (schema or {}).get("properties", {}).items():
        kinds = {kind.get("type", "any") for kind in description.get("anyOf", [description])}
        if not kinds & {"any", "object"}:
            wrong[name] = {"of": ["another type"]}
        elif "any" not in kinds:
            wrong[name] = "text"
    return wrong


def expected(operation: dict[str, Any], credential: str, body: str) -> int:
    """Return the status of a cell."""
    name = operation["operationId"]
    scope = operation.get("x-scope")
    if scope and credential in NO_ACCESS:
        return 403
    if scope and credential == "read scope" and scope != "read":
        return 403
    reads_body = body_schema(operation) is not None
    if reads_body and body in ("wrong type", "missing", "invalid JSON"):
        return 400
    if reads_body and body == "huge":
        return 413
    return VALID.get(name, 200)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_every_cell(method: str, path: str, operation: dict[str, Any], world: World) -> None:
    url = world.url(path)
    for credential in (*NO_ACCESS, "read scope", "superuser"):
        headers = {"X-ArchiveBox-API-Key": world.tokens[credential]} if credential in world.tokens else {}
        client = Client(SERVER_NAME="localhost", raise_request_exception=False, headers=headers)
        for kind, (body, content_type) in bodies(operation, world).items():
            with transaction.atomic():
                response = client.generic(method.upper(), url, body, content_type)
                cell = f"{method} {url} × {credential} × {kind}: {response.getvalue()[:500]!r}"
                assert response.status_code == expected(operation, credential, kind), cell
                if response.status_code >= 400:
                    answer = json.loads(response.content)
                    assert answer["succeeded"] is False, cell
                    assert answer["errors"], cell
                    assert "Traceback" not in response.content.decode(), cell
                elif kind == "unknown field" and body_schema(operation):
                    assert "no_such_field" in response.headers["X-ArchiveBox-Stderr"], cell
                transaction.set_rollback(True)


@pytest.mark.parametrize(("method", "path", "operation"), [p for p in OPERATIONS if "{" in p.values[1]])  # type: ignore[operator]
@pytest.mark.parametrize(
    "reference",
    [
        "1'%20OR%20'1'='1",
        "..",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "0199%00",
        "x" * 10_000,
        "9" * 400,
        "-1",
        "%F0%9F%92%A3",
        "%FF",
        "null",
        "00000000-0000-7000-8000-000000000000",
    ],
)
def test_hostile_ids(method: str, path: str, operation: dict[str, Any], reference: str, world: World) -> None:
    url = path
    for name in world.paths:
        url = url.replace("{" + name + "}", reference)
    client = Client(
        SERVER_NAME="localhost",
        raise_request_exception=False,
        headers={"X-ArchiveBox-API-Key": world.tokens["superuser"]},
    )
    body, content_type = bodies(operation, world)["valid"]
    response = client.generic(method.upper(), url, body, content_type)
    if operation["operationId"] in LISTS_BY_NAME and response.status_code == 200:
        assert response.json() == []
        return
    assert response.status_code in (400, 404), response.content[:300]
    assert json.loads(response.content)["errors"]
