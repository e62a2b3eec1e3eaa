import json
import re
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from pagekeep.api.describe import operations_table
from pagekeep.api.pages import openapi_bytes
from pagekeep.services.add_urls import add_urls

DOCS = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/"])
def test_the_roots_lead_to_the_docs(stranger: Client, path: str) -> None:
    response = stranger.get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == "/api/v1/docs"


def test_the_docs_page_uses_only_files_of_ours(stranger: Client) -> None:
    response = stranger.get("/api/v1/docs")
    assert response.status_code == 200
    page = response.content.decode()
    assert 'data-openapi="/api/v1/openapi.json"' in page
    assert "connect-src 'self'" in response.headers["Content-Security-Policy"]
    sources = [source for source in re.findall(r'(?:src|href)="([^"]+)"', page) if source != "data:,"]
    assert len(sources) == 3
    for source in sources:
        assert source.startswith("/static/")
        assert stranger.get(source).status_code == 200
    script = b"".join(stranger.get("/static/pagekeep_api/docs.js").streaming_content).decode()  # type: ignore[attr-defined]
    assert "persistAuthorization: true" in script
    assert "requestSnippetsEnabled: true" in script


def test_openapi_needs_no_token(stranger: Client) -> None:
    response = stranger.get("/api/v1/openapi.json")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    content = response.json()
    assert content["info"]["title"] == "Pagekeep – ArchiveBox-compatible API"
    assert set(content["components"]["securitySchemes"]) == {
        "HeaderTokenAuth",
        "BearerTokenAuth",
        "QueryParamTokenAuth",
    }


def test_the_page_of_operations_is_up_to_date() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = operations_table(json.loads(openapi_bytes()))
    assert table in text, f"docs/api.md lacks this table:\n{table}"
    for line in table.splitlines()[2:]:
        assert text.count(line.split(" | ")[0]) == 1


@pytest.mark.django_db(transaction=True)
def test_the_curl_examples_work(live_server: object, token: str, settings: object) -> None:
    add_urls(["https://example.com/"], user=None)
    origin = str(live_server.url).replace("localhost", "127.0.0.1")  # type: ignore[attr-defined]
    blocks = re.findall(r"```sh\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        script = block.replace("http://127.0.0.1:8000", origin).replace("your password", "right password")
        script = script.replace('"username": "admin"', '"username": "keeper"')
        done = subprocess.run(
            ["bash", "-eu", "-c", script],
            capture_output=True,
            text=True,
            timeout=30,
            env={"PATH": "/usr/bin:/bin", "TOKEN": token},
        )
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        answer = json.loads(done.stdout)
        assert answer.get("success", True), answer
        assert answer.get("succeeded", True), answer
