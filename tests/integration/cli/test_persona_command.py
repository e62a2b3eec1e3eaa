"""``pagekeep persona`` as a process of its own, on a real archive in a temporary folder."""

import stat
from pathlib import Path

import pytest

from commands import Archive

COOKIES = "#HttpOnly_.a.example\tTRUE\t/\tTRUE\t0\tsid\ts3cret-value\nb.example\tFALSE\t/\tFALSE\t0\tx\ty\n"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "archive")
    assert made.run("init").returncode == 0
    return made


def test_the_life_of_a_persona(archive: Archive, tmp_path: Path) -> None:
    assert [persona["name"] for persona in archive.jsonl("persona", "list")] == ["Default"]
    place = "52.5,13.4,50"
    (made,) = archive.jsonl(
        "persona", "create", "Work", "--language", "de-DE", "--viewport", "800x600", "--geolocation", place
    )
    assert made["config"] == {
        "viewport_size": "800x600",
        "language": "de-DE",
        "geolocation": {"latitude": 52.5, "longitude": 13.4, "accuracy": 50.0},
    }
    (changed,) = archive.jsonl("persona", "set", "work", "--name", "Job", "--viewport", "", "--color-scheme", "dark")
    assert changed["id"] == made["id"]
    assert (changed["name"], "viewport_size" in changed["config"], changed["config"]["language"]) == (
        "Job",
        False,
        "de-DE",
    )

    file = tmp_path / "cookies.txt"
    file.write_text(COOKIES)
    assert archive.run("persona", "cookies", "import", "job", str(file)).stderr == "Job has 2 cookies now.\n"
    (kept,) = (archive.root / "personas").glob("*/cookies.txt")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    storage = '{"localStorage": {"https://a.example": {"token": "s3cret-token"}}}'
    assert archive.run("persona", "storage", "import", "job", "-", stdin=storage).returncode == 0
    (shown,) = archive.jsonl("persona", "show", "job")
    assert (shown["cookies"], shown["cookie_hosts"]) == (2, ["a.example", "b.example"])
    assert shown["storage_origins"] == ["https://a.example"]
    assert "2 cookies of a.example, b.example" in archive.run("persona", "show", "Job").stdout

    (page,) = archive.jsonl("add", "https://a.example/", "--index-only", "--persona", "JOB")
    assert page["status"] == "paused"
    unknown = archive.run("add", "https://a.example/", "--index-only", "--persona", "Work")
    assert (unknown.returncode, "There is no persona 'Work'" in unknown.stderr) == (2, True)

    assert archive.run("persona", "cookies", "clear", "job").returncode == 0
    assert archive.run("persona", "storage", "clear", "job").returncode == 0
    assert archive.jsonl("persona", "show", "job")[0]["cookies"] == 0
    assert archive.run("persona", "remove", "job", stdin="n\n").returncode == 130
    assert archive.run("persona", "remove", "job", "--yes").stdout == "Removed Job.\n"
    assert list((archive.root / "personas").iterdir()) == []
    assert "s3cret" not in archive.said


def test_bad_input_is_told_in_a_sentence(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(b"s3cret\xff")
    commands: list[tuple[int, tuple[str, ...]]] = [
        (2, ("create", "Work", "--timezone", "Mars/Crater")),
        (2, ("create", "Work", "--geolocation", "here")),
        (2, ("create", "Work", "--scale", "large")),
        (4, ("create", "default")),
        (3, ("set", "nobody", "--language", "de")),
        (4, ("set", "Default", "--name", "Other")),
        (4, ("remove", "Default", "--yes")),
        (2, ("cookies", "import", "Default", str(file))),
        (2, ("storage", "import", "Default", str(file))),
    ]
    for code, arguments in commands:
        done = archive.run("persona", *arguments)
        assert (done.returncode, done.stderr.startswith("Error: "), done.stdout) == (code, True, ""), arguments
    assert "s3cret" not in archive.said
