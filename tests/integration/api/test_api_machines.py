import platform
import shutil
import sys

import pytest
from django.test import Client

from pagekeep.archive.models import Binary, Machine
from pagekeep.services.note_machine import note_machine, note_programs

pytestmark = pytest.mark.django_db
MACHINE = "/api/v1/machine"


@pytest.fixture
def machine() -> Machine:
    machine = note_machine()
    note_programs()
    return machine


def test_the_current_machine_is_told_as_it_is(api: Client, machine: Machine, django_assert_num_queries) -> None:
    api.get(f"{MACHINE}/machines")  # notes that the token is used
    with django_assert_num_queries(3):  # token, machine, programs
        told = api.get(f"{MACHINE}/machine/current").json()
    assert told["id"] == str(machine.pk)
    assert told["TYPE"] == "machine.Machine"
    assert told["os_arch"] == platform.machine()
    stats = told["stats"]
    assert stats["cpu_count"] >= 1
    assert len(stats["cpu_load"]) == 3
    assert 0 < stats["memory_available"] < stats["memory_total"]
    assert 0 < stats["disk_free"] < stats["disk_total"]
    assert stats["data_dir_size"] is None
    assert stats["versions"]["python"] == platform.python_version()
    assert {"pagekeep", "chromium", "git", "yt-dlp"} <= set(stats["versions"])


def test_a_machine_that_nothing_has_noted_yet_is_noted(api: Client) -> None:
    told = api.get(f"{MACHINE}/machine/current").json()
    assert told["id"] == str(Machine.objects.get().pk)


def test_machines_are_listed_and_filtered(api: Client, machine: Machine) -> None:
    other = Machine.objects.create(
        guid="other",
        hostname="Away",
        created_at=machine.created_at,
        os_arch="arm64",
        hw_in_docker=not machine.hw_in_docker,
    )

    def ids(**query: object) -> list[str]:
        return [item["id"] for item in api.get(f"{MACHINE}/machines", query).json()["items"]]

    assert set(ids()) == {str(machine.pk), str(other.pk)}
    assert ids(hostname="away") == [str(other.pk)]
    assert ids(os_arch="ARM64") == [str(other.pk)]
    assert ids(hw_in_docker=other.hw_in_docker) == [str(other.pk)]
    assert ids(os_platform="linux") == [str(machine.pk)]
    assert ids(bin_providers="npm,brew") == [str(machine.pk)]
    assert ids(bin_providers="brew") == []
    assert ids(id=machine.pk.hex[-12:]) == [str(machine.pk)]
    assert ids(id="zz") == []
    assert api.get(f"{MACHINE}/machines?hw_in_vm=maybe").status_code == 400
    assert api.get(f"{MACHINE}/machine/{other.pk!s}").json()["hostname"] == "Away"
    assert api.get(f"{MACHINE}/machine/nothing").status_code == 404


def test_programs_are_listed_as_found_here(api: Client, machine: Machine, django_assert_num_queries) -> None:
    api.get(f"{MACHINE}/machines")
    with django_assert_num_queries(3):  # token, total, programs
        found = api.get(f"{MACHINE}/binaries").json()
    items = {item["name"]: item for item in found["items"]}
    assert set(items) == {"chromium", "git", "yt-dlp", "ffmpeg", "single-file", "readability", "node", "python"}
    git = items["git"]
    assert git["abspath"] == shutil.which("git")
    assert git["is_valid"]
    assert git["status"] == "installed"
    assert git["version"][0].isdigit()
    assert len(git["sha256"]) == 64
    assert git["machine_hostname"] == machine.hostname
    assert items["yt-dlp"]["binprovider"] == "pip"
    assert items["single-file"]["binprovider"] == "npm"
    assert items["python"]["abspath"] == sys.executable
    for item in items.values():
        assert item["is_valid"] == (item["status"] == "installed") == bool(item["version"]) == (not item["reason"])
    assert (items["ffmpeg"]["status"] == "missing") == (shutil.which("ffmpeg") is None)


def test_programs_are_filtered_and_named(api: Client, machine: Machine) -> None:
    def names(**query: str) -> list[str]:
        return sorted(item["name"] for item in api.get(f"{MACHINE}/binaries", query).json()["items"])

    assert names(name="git") == ["git"]
    assert names(binprovider="npm") == ["readability", "single-file"]
    assert "git" in names(status="installed", machine_id=str(machine.pk))
    assert names(version=platform.python_version(), name="python3") == ["python"]
    assert names(machine_id="0199c0de-0000-7000-8000-000000000005") == []
    assert api.get(f"{MACHINE}/binaries?status=queued").status_code == 400
    assert api.get(f"{MACHINE}/binaries?machine_id=x").status_code == 400
    for name in ("chromium", "chrome", "Chrome"):
        (browser,) = api.get(f"{MACHINE}/binary/by-name/{name}").json()
        assert browser["name"] == "chromium"
    assert api.get(f"{MACHINE}/binary/by-name/nothing").json() == []
    assert api.get(f"{MACHINE}/binary/{browser['id']}").json() == browser
    assert api.get(f"{MACHINE}/binary/{Binary.objects.get(name='git').pk.hex}").json()["name"] == "git"
    assert api.get(f"{MACHINE}/binary/nothing").status_code == 404
    assert api.get(f"{MACHINE}/binary/by-name/a%00b").status_code in (200, 400)


def test_strangers_learn_nothing(stranger: Client) -> None:
    for path in ("machines", "machine/current", "binaries", "binary/by-name/git"):
        assert stranger.get(f"{MACHINE}/{path}").status_code == 403
