import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.api.headers import EXPOSED, OF_LISTS, header_safe
from pagekeep.services.issue_token import issue_token

LIST = "/api/v1/core/snapshots"
ANSWERS = [
    ("get", LIST, 200),
    ("get", "/api/v1/nothing", 404),
    ("put", LIST, 405),
    ("get", f"{LIST}?limit=0", 400),
    ("get", "/api/v1/openapi.json", 200),
    ("get", "/api/v1/docs", 200),
    ("get", "/api/", 302),
    ("get", "/api/v1/core/snapshot/0199", 404),
]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_the_headers(api: Client, method: str, path: str, status: int) -> None:
    response = api.generic(method.upper(), path)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert set(EXPOSED) <= set(response.headers)
    assert response.headers["Content-Length"] == str(len(response.content))
    assert "Access-Control-Allow-Origin" not in response.headers
    assert not response.cookies


@pytest.mark.parametrize(("method", "path", "status"), [*ANSWERS, ("get", LIST, 400)])
def test_every_answer_to_another_origin_may_be_read(api: Client, method: str, path: str, status: int) -> None:
    host = "evil.example" if status == 400 else "localhost"
    response = api.generic(method.upper(), path, headers={"Origin": "https://app.example", "Host": host})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Expose-Headers"].split(", ") == [*EXPOSED, *OF_LISTS]
    assert int(response.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", [LIST, "/api/v1/cli/add", "/api/v1/nothing"])
def test_preflight(stranger: Client, path: str) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    response = stranger.options(path, headers=asked)
    assert response.status_code == 204
    assert response.content == b""
    assert not {"Content-Type", "Content-Length"} & set(response.headers)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    methods = set(response.headers["Access-Control-Allow-Methods"].split(", "))
    assert methods == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    headers = set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert headers == {"authorization", "x-archivebox-api-key", "content-type", "x-csrftoken"}


def test_origins_can_be_limited(api: Client, settings: Any) -> None:
    settings.API_ALLOWED_ORIGINS = ["https://app.example"]
    known = api.get(LIST, headers={"Origin": "https://app.example"})
    assert known.headers["Access-Control-Allow-Origin"] == "https://app.example"
    other = api.get(LIST, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert known.headers["Vary"] == other.headers["Vary"] == "Origin"


@pytest.mark.parametrize(("path", "status"), [(path, status) for method, path, status in ANSWERS if method == "get"])
def test_head_is_get_without_a_body(api: Client, path: str, status: int) -> None:
    got, head = api.get(path), api.head(path)
    assert head.status_code == status
    assert head.content == b""
    assert head.headers["Content-Length"] == str(len(got.content))
    assert head.headers.get("Content-Type") == got.headers.get("Content-Type")


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("GET", f"{LIST}?limit=1&colour=red&wizard=1", "", ["colour", "wizard"]),
        ("GET", f"{LIST}?url=https://example.com&sort=url", "", []),
        ("GET", "/api/v1/core/snapshot/{id}?with_archiveresults=false&deep=1", "", ["deep"]),
        ("POST", "/api/v1/cli/add", '{"urls": ["https://example.com"], "colour": "red"}', ["colour"]),
        ("POST", "/api/v1/cli/add?colour=red", '{"urls": ["https://example.com"], "update_all": true}', ["colour"]),
        ("PATCH", "/api/v1/core/snapshot/{id}", '{"tags": [], "url": "https://example.com"}', ["url"]),
        ("POST", "/api/v1/auth/check_api_token", '{"token": "x", "user": 1}', ["user"]),
    ],
)
def test_unknown_names_are_told(
    api: Client, queued: list[str], method: str, path: str, body: str, named: list[str]
) -> None:
    response = api.generic(method, path.format(id=queued[0]), body, content_type="application/json")
    assert response.status_code == 200
    told = f"Unknown and without effect: {', '.join(named)}." if named else ""
    assert response.headers["X-ArchiveBox-Stderr"] == told


def test_the_key_reaches_no_log(token: str, stranger: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        responses = [
            stranger.get(f"{path}?a=1&{name}={token}&b=%C3%A4")
            for path in (LIST, "/api/v1/nothing")
            for name in ("api_key", "api%5Fkey")
        ]
    assert [response.status_code for response in responses] == [200, 200, 404, 404]
    for response in responses:
        assert token not in caplog.text
        assert token not in str(response.wsgi_request.get_full_path())
        assert token not in str(response.wsgi_request.META["QUERY_STRING"])
        assert token not in response.content.decode()
    assert responses[0].wsgi_request.GET["b"] == "ä"


def test_a_name_that_is_no_ascii_fits_in_a_header(stranger: Client, db: None) -> None:
    user = User.objects.create_superuser("Jörg\u2028Ω")
    response = stranger.get(LIST, headers={"X-ArchiveBox-API-Key": issue_token(user)[1]})
    assert response.headers["X-ArchiveBox-Auth-User-Username"] == "J%C3%B6rg %CE%A9"


@given(st.text())
def test_header_texts_are_one_short_line(text: str) -> None:
    line = header_safe(text)
    assert len(line) <= 200
    assert line.isascii()
    assert line.isprintable()
