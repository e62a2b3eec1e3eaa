import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagekeep.archive.models import Persona
from pagekeep.services.issue_token import issue_token
from pagekeep.services.load_identity import load_identity
from pagekeep.services.make_persona import ensure_default, make_persona

PERSONAS, SYNC = "/api/v1/personas/personas", "/api/v1/personas/sync"
COOKIES = "# Netscape HTTP Cookie File\n.a.example\tTRUE\t/\tTRUE\t0\tsid\ts3cret-value\n"
AUTH = {"localStorage": {"https://a.example": {"token": "s3cret-token"}}}
SETTINGS = {
    "user_agent": "Robot/1",
    "viewport_size": "1440,900",
    "viewport_device_scale_factor": 2,
    "color_scheme": "dark",
    "language": "de-DE",
    "timezone": "Europe/Berlin",
    "geolocation": {"latitude": 52.5, "longitude": 13.4},
}


def sync(api: Client, **fields: Any) -> Any:
    return api.post(SYNC, {"extension_persona_id": "ext-1", "name": "Work"} | fields, content_type="application/json")


@pytest.mark.django_db
def test_the_default_is_listed_with_its_fields(api: Client) -> None:
    ensure_default()
    page = api.get(PERSONAS).json()
    assert (page["total_items"], page["num_items"], page["count"]) == (1, 1, 1)
    (default,) = page["items"]
    assert set(default) == {
        *("TYPE", "id", "name", "created_at", "modified_at", "created_by_id", "created_by_username", "config")
    }
    assert (default["TYPE"], default["name"], default["config"]) == ("personas.models.Persona", "Default", {})


def test_a_list_costs_the_same_whatever_its_length(api: Client, keeper: User, django_assert_num_queries: Any) -> None:
    api.get(PERSONAS)  # notes that the token was used
    for number in range(3):
        make_persona(f"Persona {number}", user=keeper)
        with django_assert_num_queries(3):  # the token, the total, the rows
            assert api.get(PERSONAS, {"limit": 2}).json()["total_items"] == number + 1
    names = [item["name"] for item in api.get(PERSONAS, {"limit": 2}).json()["items"]]
    assert names == ["Persona 2", "Persona 1"]


def test_a_persona_is_synced_and_its_secrets_never_told(api: Client, keeper: User) -> None:
    answer = sync(api, settings=SETTINGS, cookies_txt=COOKIES, auth_json=AUTH)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["success"], told["created"]) == (True, True)
    assert (told["cookies_file_written"], told["auth_file_written"]) == (True, True)
    assert told["persona"]["created_by_username"] == keeper.username
    assert told["persona"]["config"] == SETTINGS | {
        "viewport_size": "1440x900",
        "viewport_device_scale_factor": 2.0,
        "geolocation": {"latitude": 52.5, "longitude": 13.4, "accuracy": 10.0},
    }
    for response in (answer, api.get(PERSONAS)):
        assert b"s3cret" not in response.content
    assert len(load_identity("Work").cookies) == 1


def test_what_is_omitted_stays_and_what_is_empty_goes(api: Client) -> None:
    sync(api, settings=SETTINGS, cookies_txt=COOKIES, auth_json=AUTH)
    told = sync(api).json()
    assert (told["created"], told["cookies_file_written"], told["auth_file_written"]) == (False, False, False)
    identity = load_identity("Work")
    assert (len(identity.cookies), len(identity.storage), identity.color_scheme) == (1, 1, "dark")
    told = sync(api, settings={}, cookies_txt="", auth_json={}).json()
    assert (told["cookies_file_written"], told["auth_file_written"], told["persona"]["config"]) == (False, False, {})
    assert not load_identity("Work").has_secrets


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": None},
        {"extension_persona_id": " "},
        {"extension_persona_id": "x" * 256},
        {"extension_persona_id": 7},
        {"cookies_txt": "s3cret"},
        {"cookies_txt": ["s3cret"]},
        {"auth_json": ["s3cret"]},
        {"auth_json": {"localStorage": "s3cret"}},
        *({"settings": value} for value in ([], "dark", 7, True)),
        *({"settings": {name: value}} for name, value in {
            "color_scheme": "sepia", "viewport_size": "large", "viewport_device_scale_factor": -1, "language": "?",
            "timezone": "Mars/Crater", "user_agent": "a\nb", "geolocation": {"latitude": 99, "longitude": 0},
        }.items()),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence_that_repeats_no_secret(api: Client, fields: dict[str, Any]) -> None:
    answer = sync(api, **fields)
    assert answer.status_code == 400, answer.content
    assert len(answer.json()["errors"]) == 1
    assert answer.json()["errors"][0].endswith(".")
    assert b"s3cret" not in answer.content
    assert not Persona.objects.filter(name="Work").exists()


def test_a_name_that_another_has_is_a_conflict(api: Client) -> None:
    sync(api)
    sync(api, extension_persona_id="ext-2", name="Other")
    answer = sync(api, extension_persona_id="ext-2", name="WORK")
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("Conflict: ")


def test_taking_over_is_told(api: Client) -> None:
    sync(api)
    answer = sync(api, extension_persona_id="ext-2")
    assert answer.json()["created"] is False
    assert "kept this persona before" in answer["X-ArchiveBox-Stderr"]


@pytest.mark.parametrize(("scopes", "status"), [(["read"], 403), (["add"], 403), (["admin"], 200), (None, 200)])
def test_only_who_may_change_the_archive_syncs(
    stranger: Client, keeper: User, scopes: list[str] | None, status: int
) -> None:
    _, token = issue_token(keeper, scopes=scopes)
    sent = {"extension_persona_id": "ext-1", "name": "Work"}
    headers = {"X-ArchiveBox-API-Key": token}
    assert stranger.post(SYNC, sent, content_type="application/json", headers=headers).status_code == status


def test_strangers_see_nothing(stranger: Client, db: None) -> None:
    assert stranger.get(PERSONAS).status_code == 403
    assert stranger.post(SYNC, {}, content_type="application/json").status_code == 403


def test_the_documented_example_works(api: Client) -> None:
    page = (Path(__file__).parents[3] / "docs/personas.md").read_text(encoding="utf-8")
    (sent,) = re.findall(r"-d '(\{.*?\})'", page, re.DOTALL)
    answer = api.post(SYNC, sent, content_type="application/json")
    assert answer.status_code == 200, answer.content
    (auth,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert sync(api, auth_json=json.loads(auth)).json()["auth_file_written"]


def test_snapshots_tell_their_persona(api: Client) -> None:
    sync(api)
    body = {"urls": ["https://a.example/"], "persona": "WORK"}
    added = api.post("/api/v1/cli/add", body, content_type="application/json").json()["result"]
    assert api.get(f"/api/v1/core/snapshot/{added['snapshot_ids'][0]}").json()["persona"] == "Work"
