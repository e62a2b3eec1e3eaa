"""HTTP Basic against a server that has it switched on: how the operations are described is settled at its start."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from live_server import Live, serving

LIST = "/api/v1/core/snapshots?limit=1"
Answer = tuple[int, Any, Any]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("basic"), API_BASIC_AUTH="true") as server:
        yield server


def call(live: Live, path: str, username: str = "", password: str = "", body: object = None) -> Answer:
    encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {encoded}"} if username else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(live.address + path, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response), response.headers
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), error.headers


def test_a_superuser_s_password_works_and_is_offered(live: Live) -> None:
    status, content, headers = call(live, LIST, "admin", "your password")
    assert (status, content["num_items"]) == (200, 1)
    assert headers["X-ArchiveBox-Auth-Method"] == "UsernameAndPasswordAuth"
    assert headers["X-ArchiveBox-Auth-User-Username"] == "admin"
    assert headers["X-ArchiveBox-Auth-Token-Id"] == ""
    assert "WWW-Authenticate" not in headers
    assert call(live, LIST, "admin", "your password")[0] == 200  # now it is remembered
    added = call(live, "/api/v1/cli/add", "admin", "your password", {"urls": ["https://example.com/basic"]})
    assert added[0] == 200
    assert call(live, "/api/v1/auth/browser_session", "admin", "your password", {})[0] == 403
    status, content, headers = call(live, LIST)
    assert status == 403
    assert headers["WWW-Authenticate"].startswith("Basic ")
    described = call(live, "/api/v1/openapi.json")[1]["components"]["securitySchemes"]
    assert described["UsernameAndPasswordAuth"] == {"type": "http", "scheme": "basic"}


def test_guessing_is_limited(live: Live) -> None:
    answers = [call(live, LIST, "guessed", f"wrong {number}")[0] for number in range(11)]
    assert answers == [403] * 10 + [429]
    headers = call(live, LIST, "guessed", "wrong")[2]
    assert 0 < int(headers["Retry-After"]) <= 300


@pytest.mark.django_db
def test_without_the_setting_nobody_is_asked_for_a_password(stranger: Client) -> None:
    response = stranger.get(LIST)
    assert response.status_code == 403
    assert "WWW-Authenticate" not in response.headers
