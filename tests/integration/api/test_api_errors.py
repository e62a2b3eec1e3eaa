import json
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from pagekeep.api.errors import problem

LIST = "/api/v1/core/snapshots"
pytestmark = pytest.mark.django_db


def assert_error(response: Any, status: int, begins: str = "") -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    content: dict[str, Any] = json.loads(response.content)
    assert set(content) == {"succeeded", "message", "errors", "detail"}
    assert content["succeeded"] is False
    assert content["message"].startswith(begins)
    assert content["errors"]
    assert all(isinstance(sentence, str) and sentence for sentence in content["errors"])
    assert content["detail"]
    return content


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing",
        "/api/v1/nothing",
        "/api/v2/core/snapshots",
        "/api/v1/core/snapshots/",  # a slash too many is another path, not a redirect
        "/api/v1/core/snapshot",
        "/api/v1/core/snapshot/a/b",
        "/api/v1//core/snapshots",
        "/api/v1/docs/",
        "/api/v1/openapi.json/",
        "/api/%00",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_paths(api: Client, stranger: Client, path: str, method: str) -> None:
    assert_error(getattr(api, method)(path), 404, "ObjectDoesNotExist: ")
    assert_error(getattr(stranger, method)(path), 404, "ObjectDoesNotExist: ")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("put", LIST, "GET, HEAD, POST"),
        ("delete", LIST, "GET, HEAD, POST"),
        ("get", "/api/v1/cli/add", "POST"),
        ("head", "/api/v1/cli/add", "POST"),
        ("get", "/api/v1/auth/get_api_token", "POST"),
        ("post", "/api/v1/core/snapshot/0199", "DELETE, GET, HEAD, PATCH"),
        ("post", "/api/v1/openapi.json", "GET, HEAD"),
        ("post", "/api/v1/docs", "GET, HEAD"),
        ("trace", LIST, "GET, HEAD, POST"),
    ],
)
def test_wrong_methods(api: Client, method: str, path: str, allowed: str) -> None:
    response = api.generic(method.upper(), path)
    assert response.headers["Allow"] == allowed
    if method != "head":
        content = assert_error(response, 405, "MethodNotAllowed: ")
        assert allowed in content["errors"][0]
    assert response.status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "a b", "localhost@x"])
@pytest.mark.parametrize("path", [LIST, "/api/v1/docs", "/api/v1/nothing"])
def test_other_hosts_are_told_which_setting(api: Client, host: str, path: str) -> None:
    content = assert_error(api.get(path, headers={"Host": host}), 400, "ValidationError: ")
    assert "PAGEKEEP_ALLOWED_HOSTS" in content["errors"][0]
    assert host in content["errors"][0]


@pytest.mark.parametrize("body", ["[null, null]", '["a"]', "3", "null"])
def test_a_body_that_is_no_object_is_never_taken_for_one_without_fields(stranger: Client, body: str) -> None:
    response = stranger.post("/api/v1/auth/get_api_token", body, content_type="application/json")
    assert "object" in assert_error(response, 400)["errors"][0]


@pytest.mark.parametrize("host", ["localhost", "anything.localhost:9000", "127.0.0.1:8000"])
def test_own_hosts(api: Client, host: str) -> None:
    assert api.get(LIST, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{", "JSON"),
        ("urls=https://example.com", "JSON"),
        ("", "body"),
        ("[]", "body"),
        ("null", "body"),
        ('"text"', "body"),
        ("{}", "urls"),
        ('{"urls": "https://example.com"}', "urls"),
        ('{"urls": [1]}', "urls"),
        ('{"urls": ["https://example.com"], "depth": "deep"}', "depth"),
        ('{"urls": ["https://example.com"], "depth": NaN}', "JSON"),
        ('{"urls": ["https://example.com"], "max_urls": -1}', "max_urls"),
        ('{"urls": ["\\ud800"]}', "JSON"),
        (b"\xff\xfe", "JSON"),
        ("[" * 100_000, "JSON"),
    ],
)
def test_bad_bodies(api: Client, body: str | bytes, word: str) -> None:
    response = api.post("/api/v1/cli/add", body, content_type="application/json")
    content = assert_error(response, 400, "ValidationError: ")
    assert word in " ".join(content["errors"])


def test_validation_details_are_those_of_ninja(api: Client) -> None:
    content = assert_error(api.get(LIST, {"limit": "0", "page": "x"}), 400)
    assert [item["loc"] for item in content["detail"]] == [["query", "limit"], ["query", "page"]]
    assert len(content["errors"]) == 2


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_bodies_are_json_whatever_their_type_says(api: Client, content_type: str) -> None:
    body = json.dumps({"urls": ["https://example.com/typed"]})
    response = api.generic("POST", "/api/v1/cli/add", body, content_type=content_type)
    assert response.status_code == 200


def test_no_credentials_and_bad_ones(stranger: Client) -> None:
    missing = assert_error(stranger.get(LIST), 403, "PermissionDenied: ")
    bad = assert_error(stranger.get(LIST, {"api_key": "0" * 32}), 403, "PermissionDenied: ")
    assert missing["errors"] != bad["errors"]
    assert "X-ArchiveBox-API-Key" in missing["errors"][0]


def test_too_large_a_body(api: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = {"urls": ["https://example.com/" + "x" * 100]}
    assert_error(api.post("/api/v1/cli/add", body, content_type="application/json"), 413)


def test_too_many_parameters(api: Client) -> None:
    query = "&".join(f"p{number}=1" for number in range(1001))
    assert_error(api.get(f"{LIST}?{query}"), 400, "ValidationError: ")


def test_an_unexpected_failure_shows_its_trace_to_its_keeper_only(
    api: Client, stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive_archiveresult RENAME COLUMN output_str TO gone")
    with caplog.at_level(logging.ERROR):
        content = assert_error(api.get("/api/v1/core/archiveresults", {"search": "x"}), 503, "OperationalError: ")
    assert "Traceback" in content["errors"][1]
    assert "Traceback" not in content["errors"][0]
    assert "archiveresults failed" in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE archive_apitoken RENAME COLUMN digest TO gone")
    response = stranger.post("/api/v1/auth/check_api_token", {"token": "0" * 32}, content_type="application/json")
    content = assert_error(response, 503, "ServiceUnavailable: ")
    assert "Traceback" not in response.content.decode()
    assert "digest" not in response.content.decode()


def test_a_failure_outside_the_operations_has_the_same_shape(stranger: Client, settings: Any) -> None:
    settings.TEMPLATES = []
    response = stranger.get("/api/v1/docs")
    assert_error(response, 503, "ServiceUnavailable: ")
    assert "Traceback" not in response.content.decode()


def test_the_first_sentence_is_the_message() -> None:
    content = json.loads(problem(409, ["One.", "Two."]).content)
    assert content == {
        "succeeded": False,
        "message": "Conflict: One.",
        "errors": ["One.", "Two."],
        "detail": "One.",
    }


def test_no_csrf_check(keeper: User, token: str) -> None:
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, headers={"X-ArchiveBox-API-Key": token})
    strict.force_login(keeper)
    body = {"urls": ["https://example.com/csrf"]}
    response = strict.post(
        "/api/v1/cli/add", body, content_type="application/json", headers={"Origin": "https://evil.example"}
    )
    assert response.status_code == 200
    assert_error(strict.post("/api/v1/nothing", body, headers={"Origin": "https://evil.example"}), 404)
