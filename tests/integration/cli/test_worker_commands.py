"""``pagekeep worker`` as a group of commands, and as the worker itself."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone

from pagekeep.archive.models import Worker
from pagekeep.cli.commands import worker as worker_command
from pagekeep.services.register_worker import register_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    # The archive is the tests' own, open already.
    monkeypatch.setattr(worker_command, "open_archive", lambda *, create: None)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(worker_command.command, list(arguments), prog_name="pagekeep worker")

    return invoke


def test_workers_are_listed(invoke: Callable[..., Result]) -> None:
    worker = register_worker(2)
    assert f"{worker.pk} {worker} idle, 0 pages at work, 0 succeeded, 0 failed, 0 a minute" in invoke("list").stdout
    (line,) = invoke("list", "--json").stdout.splitlines()
    told = json.loads(line)
    assert (told["type"], told["id"], told["state"]) == ("worker", str(worker.pk), "idle")


def test_a_paused_worker_says_why(invoke: Callable[..., Result]) -> None:
    register_worker(2)
    Worker.objects.update(state="paused", reason="There is no room.")
    assert "paused, 0 pages at work" in invoke("list").stdout
    assert "  There is no room.\n" in invoke("list").stdout
    told = json.loads(invoke("list", "--json").stdout)
    assert (told["state"], told["reason"]) == ("paused", "There is no room.")
    Worker.objects.update(state="idle")
    assert json.loads(invoke("list", "--json").stdout)["reason"] == ""


@pytest.mark.parametrize(("action", "order"), [("drain", "drain"), ("stop", "stop"), ("resume", "")])
def test_orders_reach_those_named_and_all(invoke: Callable[..., Result], action: str, order: str) -> None:
    first, other = register_worker(1), register_worker(1)
    Worker.objects.update(order="stop" if action == "resume" else "")
    before = Worker.objects.get(pk=other.pk).order
    assert invoke(action, str(first.pk)).exit_code == 0
    orders = dict(Worker.objects.values_list("pk", "order"))
    assert orders == {first.pk: order, other.pk: before}
    told = [json.loads(line) for line in invoke(action, "--all", "--json").stdout.splitlines()]
    assert {line["order"] for line in told} == {order}
    assert set(Worker.objects.values_list("order", flat=True)) == {order}


def test_lost_workers_are_none_of_all(invoke: Callable[..., Result]) -> None:
    register_worker(1)
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    done = invoke("drain", "--all")
    assert done.exit_code == 0
    assert "There is no worker." in done.stderr
    assert Worker.objects.get().order == ""


@pytest.mark.parametrize("arguments", [("drain",), ("stop", "--all", "x"), ("--tabs", "2", "list")])
def test_what_makes_no_sense_is_refused(invoke: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    register_worker(1)
    assert type(invoke(*arguments).exception).__name__ == "BadInput"


def test_a_mistyped_command_is_no_worker(invoke: Callable[..., Result]) -> None:
    assert invoke("drian", "x").exit_code == 2
    assert not Worker.objects.exists()
