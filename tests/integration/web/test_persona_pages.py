from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pagekeep.archive.models import Crawl, Persona
from pagekeep.archive.persona_queries import find_persona
from pagekeep.services.load_identity import load_identity
from pagekeep.services.make_persona import ensure_default, make_persona
from pagekeep.services.persona_parts import persona_parts
from pagekeep.services.wiring import persona_files

PAGES = "/admin/archive/persona/"
COOKIES = ".a.example\tTRUE\t/\tTRUE\t0\tsid\ts3cret-value\n"


@pytest.fixture(autouse=True)
def _default(db: None) -> Iterator[None]:
    ensure_default()
    yield
    for persona in Persona.objects.all():
        persona_files(persona.pk).remove()


def upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("file.txt", text.encode())


def page_of(persona: Persona) -> str:
    return f"{PAGES}{persona.pk}/change/"


def test_a_persona_is_made_and_changed(staff: Client, admin: User) -> None:
    sent: dict[str, Any] = {"name": "Work", "language": "de-DE", "latitude": "52.5", "longitude": "13.4"}
    made = staff.post(f"{PAGES}add/", sent | {"cookies_file": upload(COOKIES)})
    assert made.status_code == 302, made.content
    work = find_persona("Work")
    assert (work.created_by, work.config["geolocation"]["longitude"]) == (admin, 13.4)
    assert len(load_identity("Work").cookies) == 1

    page = staff.get(page_of(work)).content.decode()
    assert 'value="de-DE"' in page
    assert "s3cret" not in page
    changed = staff.post(page_of(work), {"name": "Job", "timezone": "UTC", "storage_file": upload("{}")})
    assert changed.status_code == 302, changed.content
    identity = load_identity("Job")
    assert (identity.timezone, identity.languages, len(identity.cookies)) == ("UTC", ("en-US", "en"), 1)
    staff.post(page_of(work), {"name": "Job", "clear_cookies": "on"})
    assert load_identity("Job").cookies == ()


@pytest.mark.parametrize(
    "sent",
    [
        {"name": ""},
        {"name": "Default"},
        {"name": "a\u202eb"},
        {"name": "x", "timezone": "Mars/Crater"},
        {"name": "x", "viewport_size": "large"},
        {"name": "x", "latitude": "5"},
        {"name": "x", "color_scheme": "sepia"},
        {"name": "x", "cookies_file": "s3cret"},
        {"name": "x", "storage_file": "s3cret"},
        {"name": "x", "storage_file": "[]"},
    ],
)
def test_bad_input_is_told_beside_the_form(staff: Client, sent: dict[str, Any]) -> None:
    sent = {name: upload(text) if name.endswith("_file") else text for name, text in sent.items()}
    answer = staff.post(f"{PAGES}add/", sent)
    assert answer.status_code == 200
    assert b"errornote" in answer.content
    assert b"s3cret" not in answer.content
    assert Persona.objects.count() == 1


def test_a_name_another_took_is_told(staff: Client) -> None:
    work = make_persona("Work", user=None)
    answer = staff.post(page_of(work), {"name": "DEFAULT"})
    assert b"There is a persona of that name already" in answer.content


def test_the_default_can_be_changed_but_neither_renamed_nor_removed(staff: Client) -> None:
    default = find_persona("Default")
    assert staff.post(page_of(default), {"name": "Other", "language": "fr"}).status_code == 302
    default.refresh_from_db()
    assert (default.name, default.config) == ("Default", {"language": "fr"})
    assert staff.post(f"{PAGES}{default.pk}/delete/", {"post": "yes"}).status_code == 403


def test_removing_goes_through_the_service(staff: Client) -> None:
    work = make_persona("Work", persona_parts(None, COOKIES), user=None)
    assert staff.post(f"{PAGES}{work.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not persona_files(work.pk).folder.exists()


def test_the_list_opens_for_administrators_only(staff: Client, client: Client) -> None:
    assert b"Default" in staff.get(PAGES).content
    helper = User.objects.create_user("helper", is_staff=True)
    client.force_login(helper)
    assert client.get(PAGES).status_code == 403


@pytest.mark.parametrize(("path", "field"), [("/add/", "url"), ("/", "urls")])
def test_pages_are_added_with_a_persona(staff: Client, path: str, field: str) -> None:
    assert b'name="persona"' not in staff.get(path).content  # nothing to choose from
    make_persona("<Work>", user=None)
    assert b"<option>&lt;Work&gt;</option>" in staff.get(path).content
    assert b"<option selected>Default</option>" in staff.get(path).content
    assert staff.post(path, {field: "https://a.example/", "persona": "<work>"}).status_code == 302
    assert Crawl.objects.get().persona == "<Work>"
    refused = staff.post(path, {field: "https://a.example/", "persona": "Nobody"})
    assert (refused.status_code, b"There is no persona" in refused.content) == (400, True)
