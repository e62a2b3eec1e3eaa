import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from pagekeep.archive.models import Binary, Machine
from pagekeep.capture.programs.installed import inspect, programs
from pagekeep.config.load import settings
from pagekeep.services import look_after_machine
from pagekeep.services.look_after_machine import LookingAfter, Measurement
from pagekeep.services.machine_facts import machine_facts, machine_stats
from pagekeep.services.note_machine import note_machine, note_programs
from pagekeep.services.wiring import data_dir
from pagekeep.storage.layout import DataDir
from pagekeep.storage.usage import bytes_on_disk

pytestmark = pytest.mark.django_db


def test_a_machine_is_noted_once_and_kept_up_to_date() -> None:
    first = note_machine()
    Machine.objects.update(hostname="old name", stats={})
    again = note_machine()
    assert again.pk == first.pk
    assert again.hostname == first.hostname
    assert again.stats["disk_free"] > 0
    assert again.modified_at > first.modified_at


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_at_once_note_one_machine() -> None:
    threads = [threading.Thread(target=note_machine) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Machine.objects.count() == 1


def test_the_id_of_the_host_is_not_told() -> None:
    facts = machine_facts()
    for path in ("/etc/machine-id", "/sys/class/dmi/id/product_uuid"):
        if os.access(path, os.R_OK) and (secret := Path(path).read_text().strip()):
            assert secret not in str(facts)
    assert len(facts["guid"]) == 64


def test_another_process_finds_the_same_guid() -> None:
    code = "from pagekeep.services.machine_facts import machine_facts; print(machine_facts()['guid'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == machine_facts()["guid"]


def test_stats_need_no_data_directory() -> None:
    assert machine_stats(Path("/no/such/folder"))["disk_total"] > 0


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program that PAGEKEEP_CHROMIUM names."""
    path = tmp_path / "browser"
    write(path, "echo Chromium 1.2.3")
    changed = settings().model_copy(update={"chromium": str(path)})
    monkeypatch.setattr("pagekeep.services.note_machine.settings", lambda: changed)
    return path


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)


def row() -> Binary:
    return Binary.objects.get(name="chromium")


def test_programs_are_asked_again_only_when_they_have_changed(browser: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    write(browser, f"echo >> {asked}; echo Chromium 1.2.3")
    for _ in range(2):
        note_programs()
    assert (row().version, row().status, row().abspath) == ("1.2.3", "installed", str(browser))
    assert asked.read_text() == "\n"
    former = row().sha256
    write(browser, f"echo >> {asked}; echo Chromium 1.10.0-beta")
    note_programs()
    assert row().version == "1.10.0-beta"
    assert row().sha256 != former
    assert asked.read_text() == "\n\n"
    assert Binary.objects.count() == 8


def test_a_program_that_does_not_run_is_broken(browser: Path) -> None:
    for script in ("exit 3", "echo no number here", "kill -9 $$"):
        write(browser, script)
        note_programs()
        assert (row().status, row().version, row().is_valid) == ("broken", "", False)
        assert str(browser) in row().reason


def test_a_program_that_went_away_is_missing(browser: Path) -> None:
    note_programs()
    browser.unlink()
    note_programs()
    assert (row().status, row().abspath, row().sha256, row().binprovider) == ("missing", "", "", "")
    assert "PAGEKEEP_CHROMIUM" in row().reason


def test_a_program_that_hangs_is_not_waited_for(browser: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pagekeep.capture.programs.installed.ASK_SECONDS", 0.2)
    write(browser, "exec sleep 60")
    found = inspect(programs(str(browser))[0])
    assert found.version == ""
    assert "timed out" in found.reason


def test_the_same_bytes_are_counted_once(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    home.prepare()
    empty = sum(bytes_on_disk(home))
    blob = home.blobs / "ab" / "cdef"
    blob.parent.mkdir()
    blob.write_bytes(b"x" * 100_000)
    folder = home.snapshots / "2026"
    folder.mkdir()
    os.link(blob, folder / "one.pdf")
    os.link(blob, folder / "two.pdf")
    (folder / "alone.txt").write_bytes(b"y" * 50_000)
    (folder / "dangling").symlink_to("/nowhere")
    grown = sum(bytes_on_disk(home)) - empty
    assert 150_000 <= grown < 150_000 + 40_000  # and blocks, and two folders


def test_a_measurement_goes_on_where_it_paused() -> None:
    (data_dir().blobs / "measured").write_bytes(b"x" * 1_000_000)
    whole, sliced = Measurement(timezone.now()), Measurement(timezone.now())
    assert whole.go_on(60)
    rounds = 1
    while not sliced.go_on(0):
        rounds += 1
    (data_dir().blobs / "measured").unlink()
    assert rounds > 5
    assert sliced.size == whole.size > 1_000_000


def test_the_data_directory_is_measured_by_one_worker_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_after_machine, "SLICE", 60)
    one, other = LookingAfter(), LookingAfter()
    machine = note_machine()
    Machine.objects.update(data_claimed_at=timezone.now())  # by a third
    one.round()
    assert Machine.objects.get().data_size is None
    Machine.objects.update(data_claimed_at=timezone.now() - timedelta(hours=7))  # which has died
    one.round()
    measured = Machine.objects.get(pk=machine.pk)
    assert measured.data_size is not None
    assert measured.data_size > 0
    assert measured.data_claimed_at is None
    other.round()
    assert Machine.objects.get().data_measured_at == measured.data_measured_at
    Machine.objects.update(data_measured_at=timezone.now() - timedelta(minutes=11))
    other.round()
    assert Machine.objects.get().data_measured_at > measured.data_measured_at


def test_a_round_with_nothing_to_do_costs_one_statement(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(look_after_machine, "SLICE", 60)
    here = LookingAfter()
    here.round()
    with django_assert_num_queries(1):
        here.round()
