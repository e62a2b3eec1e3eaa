from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pagekeep.archive import queue
from pagekeep.archive.models import Worker
from pagekeep.services.issue_token import issue_token
from pagekeep.services.register_worker import register_worker

pytestmark = pytest.mark.django_db
WORKERS = "/api/v1/workers/workers"


@pytest.fixture
def worker() -> Worker:
    return register_worker(2)


def one(worker: Worker) -> str:
    return f"/api/v1/workers/worker/{worker.pk}"


def tell(api: Client, worker: Worker, action: object) -> object:
    return api.patch(one(worker), {"action": action}, content_type="application/json")


def test_workers_are_listed_with_the_pages_they_hold(api: Client, worker: Worker, queued: list[str]) -> None:
    held = queue.claim(worker.pk, 60)
    assert held is not None
    answer = api.get(WORKERS).json()
    assert answer["total_items"] == 1
    (item,) = answer["items"]
    (page,) = item.pop("running_workers")
    assert page["snapshot_id"] == queued[0]
    assert page["url"] == "https://example.com/one"
    assert page["step"] == ""
    expected = {
        "id": str(worker.pk),
        "name": f"{worker.hostname}:{worker.pid}",
        "hostname": worker.hostname,
        "pid": worker.pid,
        "state": "idle",
        "order": "",
        "max_concurrent_tasks": 2,
        "running_count": 1,
        "succeeded": 0,
        "failed": 0,
    }
    assert expected.items() <= item.items()
    assert api.get(one(worker)).json() == {**item, "running_workers": [page]}


def test_workers_are_filtered(api: Client, worker: Worker) -> None:
    lost = register_worker(1)
    Worker.objects.filter(pk=lost.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1), hostname="away")

    def ids(**query: str) -> list[str]:
        return [item["id"] for item in api.get(WORKERS, query).json()["items"]]

    assert ids() == [str(lost.pk), str(worker.pk)]
    assert ids(state="lost") == [str(lost.pk)]
    assert ids(state="idle") == [str(worker.pk)]
    assert ids(hostname="away") == [str(lost.pk)]
    assert ids(state="busy") == []
    refused = api.get(WORKERS, {"state": "bogus"})
    assert refused.status_code == 400
    assert "idle, busy, draining, lost" in refused.json()["errors"][0]


def test_a_list_of_many_costs_no_more_than_one_of_few(
    api: Client, worker: Worker, queued: list[str], django_assert_num_queries
) -> None:
    queue.claim(worker.pk, 60)
    for _ in range(9):
        register_worker(1)
    api.get(WORKERS)  # notes that the token is used
    with django_assert_num_queries(4):  # token, total, workers, pages
        assert api.get(WORKERS).json()["num_items"] == 10
    with django_assert_num_queries(7):
        api.get("/api/v1/workers/orchestrator")


def test_the_orchestrator_tells_queue_and_workers(api: Client, worker: Worker, queued: list[str]) -> None:
    lost = register_worker(1)
    Worker.objects.filter(pk=lost.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1), pages_per_minute=90)
    Worker.objects.filter(pk=worker.pk).update(pages_per_minute=12.5)
    queue.claim(worker.pk, 60)
    answer = api.get("/api/v1/workers/orchestrator").json()
    assert answer["is_running"] is True
    assert answer["total_worker_count"] == 1
    assert [item["id"] for item in answer["workers"]] == [str(worker.pk)]
    assert answer["max_crawl_workers"] == 2
    assert answer["queues"] == {"queued": 2, "started": 1, "backoff": 0, "paused": 0}
    assert answer["oldest_queued_at"] is not None
    assert answer["pages_per_minute"] == 12.5
    Worker.objects.all().delete()
    assert api.get("/api/v1/workers/orchestrator").json()["is_running"] is False


def test_a_worker_is_told_what_to_do(api: Client, worker: Worker) -> None:
    for action, state, order in [("drain", "draining", "drain"), ("stop", "draining", "stop"), ("resume", "idle", "")]:
        answer = tell(api, worker, action)
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["order"]) == (state, order)
        assert action in answer["X-ArchiveBox-Stdout"]


@pytest.mark.parametrize("action", ["", "kill", None, 1, ["stop"]])
def test_other_orders_are_refused(api: Client, worker: Worker, action: object) -> None:
    answer = tell(api, worker, action)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("ValidationError:")
    assert Worker.objects.get().order == ""


def test_a_lost_worker_cannot_be_resumed(api: Client, worker: Worker) -> None:
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    answer = tell(api, worker, "resume")
    assert answer.status_code == 409
    assert "is lost" in answer.json()["errors"][0]


@pytest.mark.parametrize("name", ["0199c0de", "nobody:1", "..%2f", "'; DROP TABLE", "x" * 10_000, "%00"])
def test_an_unknown_worker_is_404(api: Client, name: str) -> None:
    path = f"/api/v1/workers/worker/{name}"
    for answer in (api.get(path), api.patch(path, {"action": "drain"}, content_type="application/json")):
        assert answer.status_code in (400, 404)
        assert answer.json()["errors"]


def test_orders_need_the_scope_admin(keeper: User, worker: Worker, stranger: Client) -> None:
    for scopes, status in (("read",), 403), (("add",), 403), (("admin",), 200):
        headers = {"X-ArchiveBox-API-Key": issue_token(keeper, scopes=scopes)[1]}
        body = {"action": "drain"}
        answer = stranger.patch(one(worker), body, content_type="application/json", headers=headers)
        assert answer.status_code == status
    assert stranger.get(WORKERS).status_code == 403


def test_a_paused_worker_says_why(api: Client, worker: Worker) -> None:
    Worker.objects.update(state="paused", reason="There is no room.")
    (item,) = api.get(f"{WORKERS}?state=paused").json()["items"]
    assert (item["state"], item["reason"]) == ("paused", "There is no room.")
    assert api.get(f"{WORKERS}?state=idle").json()["items"] == []
    Worker.objects.update(order="drain")
    (item,) = api.get(WORKERS).json()["items"]
    assert (item["state"], item["reason"]) == ("draining", "")
