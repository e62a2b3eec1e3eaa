"""Every answer has a line, and no line holds a key."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from pagekeep.project.log_lines import JsonLines

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Lines]:
    """Return what the server's lines have said so far, as JSON."""
    with caplog.at_level(logging.INFO):
        yield lambda: [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_an_answer_has_a_line(client: Client, db: None, lines: Lines) -> None:
    client.get("/nowhere/%0A%1B[2Jforged", {"api_key": "0123456789abcdef0123456789abcdef"}, REMOTE_ADDR="192.0.2.7")
    (line,) = [line for line in lines() if line["logger"] == "pagekeep.web.served"]
    assert line["method"] == "GET"
    assert line["path"] == "/nowhere/\n\x1b[2Jforged"
    assert line["status"] == 404
    assert line["client"] == "192.0.2.7"
    assert isinstance(line["seconds"], float)
    assert "0123456789abcdef" not in json.dumps(lines())


def test_what_is_asked_for_all_the_time_has_lines_only_when_debugging(
    client: Client, db: None, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/health/")
    assert not [line for line in lines() if line["logger"] == "pagekeep.web.served"]
    with caplog.at_level(logging.DEBUG):
        client.get("/health/")
    assert [line["path"] for line in lines() if line["logger"] == "pagekeep.web.served"] == ["/health/"]
