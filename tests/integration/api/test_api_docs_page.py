import json
import re
from pathlib import Path

import pytest
from django.test import Client

from pagekeep.api.describe import operations_table
from pagekeep.api.pages import openapi_bytes

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
        "AdminSessionAuth",
    }


def test_the_page_of_operations_is_up_to_date() -> None:
    text = DOCS.read_text(encoding="utf-8")
    table = operations_table(json.loads(openapi_bytes()))
    assert table in text, f"docs/api.md lacks this table:\n{table}"
    for line in table.splitlines()[2:]:
        assert text.count(line.split(" | ")[0]) == 1
