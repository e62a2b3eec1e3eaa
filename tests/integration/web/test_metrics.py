"""``/metrics``, read with Prometheus' own parser."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from pagekeep.archive.models import Schedule, Snapshot, Webhook, WebhookDelivery
from pagekeep.capture.protocols import Progress, Sink
from pagekeep.capture.testing import FakeEngine
from pagekeep.capture.values import CaptureRequest, Outcome
from pagekeep.config.load import settings
from pagekeep.services.add_urls import add_urls
from pagekeep.services.issue_token import issue_token
from pagekeep.services.register_worker import register_worker
from pagekeep.web.metrics import METRICS
from pagekeep.worker.loop import run_worker

ADDRESS = "/metrics"
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def reader(db: None) -> Client:
    """Calls with a token that may only read."""
    user = User.objects.create_superuser("keeper")
    token = issue_token(user, scopes=["read"])[1]
    return Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.1", headers={"Authorization": f"Bearer {token}"})


def read(client: Client) -> Values:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float:
    return values[name, tuple(sorted(labels.items()))]


@pytest.mark.django_db(transaction=True)
def test_a_crawl_shows_in_the_numbers(reader: Client) -> None:
    good, bad, refused = ("https://example.com/good", "https://example.com/bad", "ftp://example.com/file")
    queued = add_urls([good, bad, refused], user=None, plugins=["title", "headers"])
    before = read(reader)
    assert value(before, "pagekeep_queue_pages", state="queued") == 2
    assert value(before, "pagekeep_snapshots", status="queued") == 2
    assert value(before, "pagekeep_refused_urls_total", rule=queued.crawl.refusals.get().rule) == 1
    engine = FakeEngine(failures={bad: "The server is not there."}, failing_outputs={"headers": "no"})
    stop = asyncio.Event()
    asyncio.run(run_worker(2, stop=stop, until_idle=True, engine=lambda: engine))
    after = read(reader)
    assert value(after, "pagekeep_queue_pages", state="queued") == 0
    assert value(after, "pagekeep_snapshots", status="succeeded") == 1
    assert value(after, "pagekeep_snapshots", status="failed") == 1
    assert value(after, "pagekeep_capture_seconds_count", status="succeeded") == 1
    assert value(after, "pagekeep_capture_seconds_count", status="failed") == 1
    assert value(after, "pagekeep_capture_seconds_bucket", status="failed", le="600") == 1
    assert value(after, "pagekeep_outputs_made_total", plugin="title", status="succeeded") == 1
    assert value(after, "pagekeep_outputs_made_total", plugin="headers", status="failed") == 2
    # Counters only grow: captured again, they count again.
    add_urls([good], user=None, plugins=["title"], only_new=False)
    asyncio.run(run_worker(2, stop=stop, until_idle=True, engine=lambda: engine))
    assert value(read(reader), "pagekeep_capture_seconds_count", status="succeeded") == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_seen_at_work(reader: Client) -> None:
    class Slow(FakeEngine):
        async def capture(self, request: CaptureRequest, sink: Sink, progress: Progress) -> Outcome:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    begun = asyncio.Event()

    async def watch() -> Values:
        stop = asyncio.Event()
        working = asyncio.create_task(run_worker(3, stop=stop, engine=Slow))
        await begun.wait()
        values = await sync_to_async(read)(reader)
        stop.set()
        await working
        return values

    add_urls(["https://example.com/"], user=None)
    values = asyncio.run(watch())
    (name,) = (dict(labels)["worker"] for told, labels in values if told == "pagekeep_worker_tabs")
    assert value(values, "pagekeep_worker_tabs", worker=name) == 3
    assert value(values, "pagekeep_worker_tabs_busy", worker=name) == 1
    assert value(values, "pagekeep_worker_heartbeat_age_seconds", worker=name) < 60
    assert value(values, "pagekeep_process_memory_bytes", process=name) > 2**20
    assert value(values, "pagekeep_queue_pages", state="started") == 1


def test_what_lags_is_told(reader: Client) -> None:
    now = timezone.now()
    add_urls(["https://example.com/"], user=None)
    Snapshot.objects.update(retry_at=now - timedelta(seconds=90))
    common = {"created_at": now, "url": "https://example.com/", "every": "day"}
    Schedule.objects.create(**common, next_run_at=now - timedelta(seconds=50))
    Schedule.objects.create(**common, next_run_at=now - timedelta(seconds=500), is_enabled=False)
    webhook = Webhook.objects.create(created_at=now, url="https://example.com/hook", salt="1")
    sent = {"webhook": webhook, "created_at": now, "event": "snapshot.succeeded", "body": "{}"}
    WebhookDelivery.objects.create(**sent, next_attempt_at=now - timedelta(seconds=40))
    WebhookDelivery.objects.create(**sent, status="failed", ended_at=now)
    values = read(reader)
    assert 90 <= value(values, "pagekeep_queue_oldest_due_seconds") < 150
    assert 50 <= value(values, "pagekeep_schedule_lag_seconds") < 110
    assert value(values, "pagekeep_schedules") == 1
    assert 40 <= value(values, "pagekeep_webhook_oldest_due_seconds") < 100
    assert value(values, "pagekeep_webhook_messages_pending") == 1
    assert value(values, "pagekeep_webhook_messages_failed") == 1
    assert value(values, "pagekeep_disk_free_bytes") <= value(values, "pagekeep_disk_total_bytes")
    assert value(values, "pagekeep_database_bytes") > 4096


def test_every_metric_that_is_declared_is_told_and_no_other(reader: Client) -> None:
    register_worker(1)
    page = reader.get(ADDRESS).content.decode()
    told = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}
    assert told == set(METRICS)


def test_requests_are_counted_by_operation(reader: Client) -> None:
    for _ in range(2):
        reader.get("/robots.txt")
    reader.get("/api/v1/core/snapshots")
    reader.generic("BREW", "/nowhere")
    values = read(reader)
    found = {
        (sample["method"], sample["operation"], sample["status"]): number
        for (name, labels), number in values.items()
        if name == "pagekeep_http_requests_total" and (sample := dict(labels))
    }
    assert found["GET", "web:robots", "200"] >= 2
    assert found["GET", "api:get_snapshots", "200"] >= 1
    assert found["other", "none", "404"] >= 1
    assert not any(method == "BREW" for method, _, _ in found)
    times = [number for (name, _), number in values.items() if name == "pagekeep_http_request_seconds_count"]
    assert times[0] >= sum(number for (_, operation, _), number in found.items() if operation == "web:robots")


def test_it_takes_the_same_few_statements_however_much_there_is(reader: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            read(reader)
        return len(seen)

    statements()  # notes that the token is used
    few = statements()
    add_urls([f"https://example.com/{number}" for number in range(50)], user=None)
    register_worker(1)
    register_worker(2)
    assert statements() == few <= 16


def test_only_those_who_may_read_get_them(reader: Client, db: None) -> None:
    def ask(client: Client, **extra: str) -> HttpResponse:
        return client.get(ADDRESS, **extra)  # type: ignore[arg-type, return-value]

    stranger = Client(SERVER_NAME="archive.example.com", REMOTE_ADDR="192.0.2.1")
    refused = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.1").get(ADDRESS)
    assert refused.status_code == 403
    assert "PAGEKEEP_METRICS_PUBLIC" in refused.content.decode()
    assert "pagekeep_" not in refused.content.decode()
    add_only = issue_token(User.objects.get(), scopes=["add"])[1]
    for headers in (
        {"HTTP_AUTHORIZATION": f"Bearer {add_only}"},
        {"HTTP_AUTHORIZATION": "Bearer x"},
        {"HTTP_AUTHORIZATION": f"Basic {add_only}"},
        {"HTTP_X_ARCHIVEBOX_API_KEY": "\x00"},
    ):
        assert ask(Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.1"), **headers).status_code == 403
    assert stranger.get(ADDRESS).status_code == 400  # not a host this server answers to
    assert reader.get(ADDRESS).status_code == 200
    assert reader.post(ADDRESS).status_code == 405
    admin = Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.1")
    admin.force_login(User.objects.get())
    assert admin.get(ADDRESS).status_code == 200


def test_programs_on_this_machine_need_no_token_but_a_proxy_there_is_not_taken_for_one(
    db: None, settings: object
) -> None:
    settings.ALLOWED_HOSTS = ["*"]  # type: ignore[attr-defined]
    for address, host, extra, status in (
        ("127.0.0.1", "localhost", {}, 200),
        ("127.0.0.1", "127.0.0.1:8000", {}, 200),
        ("::1", "[::1]:8000", {}, 200),
        ("127.0.0.1", "localhost", {"pagekeep.forwarded": True}, 403),
        ("127.0.0.1", "localhost", {"HTTP_VIA": "1.1 proxy"}, 403),
        ("127.0.0.1", "archive.example.com", {}, 403),
        ("192.0.2.1", "localhost", {}, 403),
        ("nonsense", "localhost", {}, 403),
    ):
        answer = Client(REMOTE_ADDR=address, HTTP_HOST=host).get(ADDRESS, **extra)  # type: ignore[arg-type]
        assert answer.status_code == status, (address, host, extra)


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PAGEKEEP_METRICS_PUBLIC", "true")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_a_setting_opens_them_to_everyone(public: None, db: None) -> None:
    assert Client(SERVER_NAME="localhost", REMOTE_ADDR="192.0.2.1").get(ADDRESS).status_code == 200
