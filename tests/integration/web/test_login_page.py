import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagekeep.archive.models import LoginFailure

LOGIN = "/admin/login/"


@pytest.fixture
def keeper(db: None, settings: object) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return User.objects.create_superuser("keeper", password="right password")


def send(client: Client, password: str, username: str = "keeper"):  # type: ignore[no-untyped-def]
    return client.post(f"{LOGIN}?next=/add/", {"username": username, "password": password, "next": "/add/"})


def test_the_form_and_its_cookies_are_django_s_own(client: Client, keeper: User) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(LOGIN)
    assert 'name="username"' in page.content.decode()
    assert 'name="csrfmiddlewaretoken"' in page.content.decode()
    sent = {"username": "keeper", "password": "right password", "next": "/add/"}
    response = client.post(LOGIN, sent | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value})
    assert (response.status_code, response["Location"]) == (302, "/add/")
    assert response.cookies["sessionid"]["httponly"]
    assert response.cookies["sessionid"]["samesite"] == "Lax"


def test_ten_wrong_passwords_close_the_door_for_a_while(client: Client, keeper: User) -> None:
    for _ in range(10):
        assert send(client, "wrong").status_code == 200
    closed = send(client, "right password")
    assert closed.status_code == 429
    assert 0 < int(closed["Retry-After"]) <= 300
    assert "There were too many failed attempts; try again in" in closed.content.decode()
    assert 'name="password"' in closed.content.decode()
    assert client.get("/add/").status_code == 302
    # The API counts the same failures.
    right = {"username": "keeper", "password": "right password"}
    assert client.post("/api/v1/auth/get_api_token", right, content_type="application/json").status_code == 429
    assert client.get(LOGIN).status_code == 200


def test_a_success_opens_and_forgets(client: Client, keeper: User) -> None:
    for _ in range(9):
        send(client, "wrong")
    assert send(client, "right password")["Location"] == "/add/"
    assert not LoginFailure.objects.exists()


def test_a_user_without_access_learns_nothing_and_is_counted(client: Client, keeper: User) -> None:
    User.objects.create_user("plain", password="plain")
    assert send(client, "plain", "plain").status_code == 200
    assert LoginFailure.objects.count() == 1


def test_a_form_without_its_token_is_not_counted(keeper: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert send(client, "wrong").status_code == 403
    assert not LoginFailure.objects.exists()
