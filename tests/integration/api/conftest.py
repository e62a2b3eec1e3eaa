import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token


@pytest.fixture(autouse=True)
def _local_host(settings: object) -> None:
    """Hold the allowed hosts of a real server; pytest would allow its own test host."""
    settings.ALLOWED_HOSTS = [".localhost", "127.0.0.1"]  # type: ignore[attr-defined]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


@pytest.fixture
def keeper(db: None) -> User:
    return User.objects.create_superuser("keeper", password="right password")


@pytest.fixture
def stranger() -> Client:
    """Calls without credentials."""
    return Client(SERVER_NAME="localhost", raise_request_exception=False)


@pytest.fixture
def token(keeper: User) -> str:
    return issue_token(keeper)[1]


@pytest.fixture
def api(token: str) -> Client:
    """Calls with a token that may do everything."""
    return Client(SERVER_NAME="localhost", raise_request_exception=False, headers={"X-ArchiveBox-API-Key": token})


@pytest.fixture
def queued(keeper: User) -> list[str]:
    """Ids of three queued snapshots, oldest first."""
    urls = ["https://example.com/one", "https://example.org/two", "https://example.net/three"]
    added = add_urls(urls, user=keeper, tags=["News"])
    return [str(snapshot.pk) for snapshot in added.snapshots]
