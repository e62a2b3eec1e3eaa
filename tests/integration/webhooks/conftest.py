from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from own_settings import own_settings
from pagekeep.archive.models import Webhook
from pagekeep.services.create_webhook import create_webhook
from webhook_endpoint import Endpoint, listening


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _local_endpoints() -> Iterator[None]:
    with own_settings(WEBHOOK_ALLOW_PRIVATE="127.0.0.1"):
        yield


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with listening() as made:
        yield made


@pytest.fixture
def hooked(endpoint: Endpoint, db: None) -> tuple[Webhook, str]:
    """A webhook that tells the endpoint everything, and its secret."""
    return create_webhook(endpoint.url, events=["*"], label="All")
