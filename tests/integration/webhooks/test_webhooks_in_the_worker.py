"""A worker sends by itself, beside its captures, and no endpoint waits for another."""

import time
from collections.abc import Callable

import pytest

from pagekeep.services.add_urls import add_urls
from pagekeep.services.create_webhook import create_webhook
from pagekeep.services.fan_out_events import fan_out_events
from pagekeep.worker.duties import attending
from webhook_endpoint import Endpoint, listening


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not come about in time."
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_hanging_endpoint_keeps_no_other_waiting(endpoint: Endpoint) -> None:
    with listening() as dead:
        dead.answers = [lambda handler: dead.ended.wait(60)]
        create_webhook(dead.url, events=["*"])
        create_webhook(endpoint.url, events=["*"])
        with attending(every=0.02):
            add_urls(["https://example.com/one"], user=None)
            wait_until(lambda: len(endpoint.messages) == 2)
            wait_until(lambda: len(dead.messages) == 1)
            add_urls(["https://example.com/two"], user=None)
            wait_until(lambda: len(endpoint.messages) == 4)
            assert len(dead.messages) == 1
    fan_out_events()
