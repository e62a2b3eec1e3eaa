"""Turns of processes: the lock belongs to whoever opened the file, so that two holders in one process do as well."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from pagekeep.project.sqlite.file_turn import FileTurn

LONG = 30.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "archive.sqlite3.turn")


def test_whoever_waits_goes_on_when_the_turn_is_passed_on(path: str) -> None:
    first, second, taken = FileTurn(path), FileTurn(path), []
    assert first.take(LONG)
    waiting = Thread(target=lambda: taken.append(second.take(LONG)))
    waiting.start()
    waiting.join(0.1)
    assert waiting.is_alive()
    first.pass_on()
    waiting.join(LONG)
    assert taken == [True]
    assert not FileTurn(path).take(0)
    second.pass_on()
    assert FileTurn(path).take(0)


def test_who_has_given_up_waiting_leaves_the_turn_to_others(path: str) -> None:
    first, late, third = FileTurn(path), FileTurn(path), FileTurn(path)
    assert first.take(0)
    assert not late.take(0.05)
    first.pass_on()
    assert third.take(LONG)
    third.pass_on()
    late.pass_on()  # it has none


def test_a_process_that_is_killed_loses_its_turn(path: str) -> None:
    code = f"""
from pagekeep.project.sqlite.file_turn import FileTurn
turn = FileTurn({path!r})
print(turn.take(0), flush=True)
input()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"True\n"
    assert not FileTurn(path).take(0)
    process.kill()
    process.communicate()
    assert FileTurn(path).take(LONG)


def test_a_process_forked_in_between_does_not_keep_the_turn(path: str) -> None:
    turn, (reading, writing) = FileTurn(path), os.pipe()
    assert turn.take(0)
    child = os.fork()
    if child == 0:  # it has the file open until it is told to end
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    turn.pass_on()
    assert FileTurn(path).take(0)
    os.close(writing)
    os.close(reading)
    os.waitpid(child, 0)


@pytest.mark.parametrize("path", ["file:memory?mode=memory.turn", "/proc/nowhere/archive.turn"])
def test_where_no_file_can_be_nobody_waits(path: str) -> None:
    first = FileTurn(path)
    assert first.take(0)
    assert FileTurn(path).take(0)
    first.pass_on()
    assert not list(Path().glob("*.turn"))
