"""The parts commands are made of: ports, sizes, URLs from standard input, the sample site."""

import io
import socket
import urllib.request

import pytest

from pagekeep.cli.display import one_line
from pagekeep.cli.inputs import gather
from pagekeep.cli.ports import usable_port, web_address
from pagekeep.cli.printing import count_text, size_text
from pagekeep.cli.sample_site import sample_site
from pagekeep.domain.errors import EnvironmentProblem


def test_a_port_in_use_is_one_sentence_with_the_fix() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentProblem, match=rf"Port {port} on 127\.0\.0\.1 is in use; .*PAGEKEEP_PORT="):
            usable_port("127.0.0.1", port)


def test_port_0_becomes_a_free_one() -> None:
    port = usable_port("127.0.0.1", 0)
    assert port > 0
    assert usable_port("127.0.0.1", port) == port


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_a_host_that_is_not_ours_is_one_sentence(host: str) -> None:
    with pytest.raises(EnvironmentProblem, match="PAGEKEEP_HOST"):
        usable_port(host, 0)


def test_wildcards_are_opened_by_way_of_loopback() -> None:
    assert web_address("0.0.0.0", 80) == "http://127.0.0.1:80"  # noqa: S104
    assert web_address("::", 80) == "http://[::1]:80"
    assert web_address("archive.lan", 8000) == "http://archive.lan:8000"


def test_sizes_and_counts_for_people() -> None:
    assert [size_text(size) for size in (0, 1023, 1536, 5 * 2**40, 5000 * 2**40)] == [
        "0 bytes",
        "1023 bytes",
        "1.5 KiB",
        "5.0 TiB",
        "5000.0 TiB",
    ]
    assert count_text(1, "page") == "1 page"
    assert count_text(0, "page") == "0 pages"


def test_urls_come_from_arguments_and_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("http://b/\r\n\n# c\n  http://d/ \n"))
    assert gather(["http://a/", "-", "http://e/"]) == ["http://a/", "http://b/", "http://d/", "http://e/"]
    monkeypatch.setattr("sys.stdin", io.StringIO("http://f/\n"))
    assert gather([]) == ["http://f/"]
    monkeypatch.setattr("sys.stdin", io.StringIO("http://g/\n"))
    assert gather(["http://a/"]) == ["http://a/"]


def test_text_of_pages_cannot_steer_the_terminal() -> None:
    assert one_line("a\x1b[2Jb\r\nc\u202ed") == "a [2Jb  c d"


def test_the_sample_site_answers_while_it_is_open() -> None:
    with sample_site() as (host, port), urllib.request.urlopen(f"http://{host}:{port}/index.html") as answer:
        assert b"<title>Pagekeep keeps this page</title>" in answer.read()
    with socket.socket() as closed:
        assert closed.connect_ex((host, port)) != 0
