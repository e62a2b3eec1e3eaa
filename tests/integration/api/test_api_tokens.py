from datetime import datetime, timedelta
from http.cookies import SimpleCookie

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.services.issue_token import issue_token
from pagekeep.services.revoke_token import revoke_token

GET_TOKEN = "/api/v1/auth/get_api_token"
CHECK = "/api/v1/auth/check_api_token"
SESSION = "/api/v1/auth/browser_session"
LIST = "/api/v1/core/snapshots"
pytestmark = pytest.mark.django_db


def log_in(client: Client, username: str | None, password: str | None, address: str = "127.0.0.1") -> dict[str, object]:
    credentials = {"username": username, "password": password}
    response = client.post(GET_TOKEN, credentials, content_type="application/json", REMOTE_ADDR=address)
    assert response.status_code == 200
    content: dict[str, object] = response.json()
    return content


def test_a_password_gives_a_token_that_works(keeper: User, stranger: Client) -> None:
    answer = log_in(stranger, "keeper", "right password")
    assert answer["success"] is True
    assert answer["user_id"] == answer["created_by_id"] == str(keeper.pk)
    assert answer["username"] == "keeper"
    token = str(answer["token"])
    assert len(token) == 32
    assert int(token, 16) >= 0
    expires = datetime.fromisoformat(str(answer["expires"]))
    assert timedelta(days=29) < expires - timezone.now() <= timedelta(days=30)
    assert stranger.get(LIST, headers={"X-ArchiveBox-API-Key": token}).status_code == 200
    assert APIToken.objects.get(pk=str(answer["id"])).issued_by_login


def test_each_login_gives_a_further_token(keeper: User, stranger: Client) -> None:
    tokens = {log_in(stranger, "keeper", "right password")["token"] for _ in range(2)}
    assert len(tokens) == 2
    for token in tokens:
        assert stranger.post(CHECK, {"token": token}, content_type="application/json").json()["success"] is True


@pytest.mark.parametrize(
    ("username", "password"),
    [("keeper", "wrong"), ("nobody", "right password"), (None, None), ("keeper", None), ("", ""), ("plain", "plain")],
)
def test_wrong_credentials_are_told_with_200(
    keeper: User, stranger: Client, username: str | None, password: str | None
) -> None:
    User.objects.create_user("plain", password="plain")
    answer = log_in(stranger, username, password)
    assert answer["success"] is False
    assert answer["succeeded"] is False
    assert answer["errors"] == ["Invalid credentials"]
    assert answer["message"]
    assert not APIToken.objects.exists()


def test_ten_failures_lock_a_user_out_at_this_address_only(keeper: User, stranger: Client) -> None:
    for _ in range(10):
        log_in(stranger, "keeper", "wrong")
    right = {"username": "Keeper", "password": "right password"}
    response = stranger.post(GET_TOKEN, right, content_type="application/json")
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 300
    assert response.json()["succeeded"] is False
    assert log_in(stranger, "keeper", "right password", "127.0.0.2")["success"] is True
    assert log_in(stranger, "other", "wrong")["success"] is False


def test_a_success_resets_the_count(keeper: User, stranger: Client) -> None:
    for password in ["wrong"] * 9 + ["right password"] + ["wrong"] * 9:
        log_in(stranger, "keeper", password)
    assert log_in(stranger, "keeper", "right password")["success"] is True


@pytest.mark.parametrize("given", ["", "0" * 32, "no token"])
def test_checking_an_unknown_token(stranger: Client, given: str) -> None:
    response = stranger.post(CHECK, {"token": given}, content_type="application/json")
    assert (response.status_code, response.json()) == (200, {"success": False, "user_id": None})


def test_checking_tokens_that_count_and_that_do_not(keeper: User, stranger: Client) -> None:
    record, text = issue_token(keeper)

    def check() -> dict[str, object]:
        content: dict[str, object] = stranger.post(CHECK, {"token": text}, content_type="application/json").json()
        return content

    assert check() == {"success": True, "user_id": str(keeper.pk)}
    User.objects.update(is_superuser=False)
    assert check() == {"success": False, "user_id": None}
    User.objects.update(is_superuser=True)
    revoke_token(str(record.pk))
    assert check() == {"success": False, "user_id": None}
    assert stranger.post(CHECK, {}, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    ("header", "value", "method"),
    [
        ("X-ArchiveBox-API-Key", "{token}", "HeaderTokenAuth"),
        ("Authorization", "Bearer {token}", "BearerTokenAuth"),
        ("Authorization", "bearer {token}", "BearerTokenAuth"),
        (None, "{token}", "QueryParamTokenAuth"),
    ],
)
def test_three_ways_to_give_a_token(
    keeper: User, stranger: Client, token: str, header: str | None, value: str, method: str
) -> None:
    given = value.format(token=token)
    query = {} if header else {"api_key": given}
    response = stranger.get(LIST, query, headers={header: given} if header else {})
    assert response.status_code == 200
    assert response.headers["X-ArchiveBox-Auth-Method"] == method
    assert response.headers["X-ArchiveBox-Auth-User-Id"] == str(keeper.pk)
    assert response.headers["X-ArchiveBox-Auth-User-Username"] == "keeper"
    record = APIToken.objects.get()
    assert response.headers["X-ArchiveBox-Auth-Token-Id"] == str(record.pk)
    assert datetime.fromisoformat(response.headers["X-ArchiveBox-Auth-Expires"]) == record.expires


def test_what_does_not_count_as_credentials(keeper: User, stranger: Client, token: str) -> None:
    stranger.force_login(keeper)
    assert stranger.get(LIST).status_code == 403  # a session cookie never does
    for header, value in [
        ("X-ArchiveBox-API-Key", "0" * 32),
        ("Authorization", f"Token {token}"),
        ("Authorization", "Bearer"),
        ("Authorization", "Basic a2VlcGVyOnJpZ2h0IHBhc3N3b3Jk"),
    ]:
        assert stranger.get(LIST, headers={header: value}).status_code == 403
    issue_token(keeper)
    APIToken.objects.update(expires=timezone.now())
    assert stranger.get(LIST, headers={"X-ArchiveBox-API-Key": token}).status_code == 403


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        (None, {"read", "add", "admin"}),
        (["read"], {"read"}),
        (["add"], {"add"}),
        (["read", "add"], {"read", "add"}),
        (["admin"], {"read", "add", "admin"}),
        ([], set()),
    ],
)
def test_scopes_are_enforced(
    keeper: User, stranger: Client, queued: list[str], scopes: list[str] | None, may: set[str]
) -> None:
    _, text = issue_token(keeper, scopes=scopes)
    headers = {"X-ArchiveBox-API-Key": text}
    one = f"/api/v1/core/snapshot/{queued[0]}"
    urls = {"urls": ["https://example.com/scoped"]}
    answers = {
        "read": [stranger.get(path, headers=headers) for path in (LIST, one, "/api/v1/core/archiveresults")],
        "add": [stranger.post("/api/v1/cli/add", urls, content_type="application/json", headers=headers)],
        "admin": [
            stranger.patch(one, {"tags": []}, content_type="application/json", headers=headers),
            stranger.delete(one, headers=headers),
            stranger.post(SESSION, headers=headers),
        ],
    }
    for scope, responses in answers.items():
        assert {response.status_code for response in responses} == {200 if scope in may else 403}
        if scope not in may:
            assert f"'{scope}'" in responses[0].json()["errors"][0]


def test_a_session_is_handed_over_and_ends_with_its_token(keeper: User, stranger: Client) -> None:
    record, text = issue_token(keeper, days=1)
    response = stranger.post(SESSION, {}, headers={"Authorization": f"Bearer {text}", "Host": "my.localhost:8123"})
    assert response.status_code == 200
    assert not response.cookies
    content = response.json()
    assert content["admin_url"] == "http://my.localhost:8123/admin/"
    cookie = content["cookie"]
    assert cookie["name"] == "sessionid"
    assert cookie["secure"] is False
    assert datetime.fromisoformat(cookie["expires"]) == record.expires

    browser = Client(SERVER_NAME="localhost")
    browser.cookies = SimpleCookie({cookie["name"]: cookie["value"]})
    assert browser.get("/admin/").status_code == 200
    revoke_token(str(record.pk))
    assert browser.get("/admin/").status_code == 302


def test_a_session_needs_a_token_in_a_header(stranger: Client, token: str) -> None:
    assert stranger.post(f"{SESSION}?api_key={token}").status_code == 403
    assert stranger.post(SESSION).status_code == 403
