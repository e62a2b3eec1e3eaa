"""Hosts of a block list are not reached. The names lead to the test site, as a name server of ours would have it."""

import socket

import pytest

NAMES = ("ads.tracker.test", "www.tracker.test", "cdn.friend.test")
PLUGINS = ("title", "warc")


@pytest.fixture
def names(monkeypatch):
    """Give the names of this test addresses: there is no name server for them."""
    ask = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: ask(_address(host), *rest, **more))


def _address(host):
    return "127.0.0.1" if host in NAMES else host


@pytest.fixture
def block_list(tmp_path):
    path = tmp_path / "blocked.txt"
    path.write_text("# trackers\n||tracker.test^\nfriend.test##.banner\n")
    return str(path)


def _hosts(visit):
    return {request.headers["Host"].partition(":")[0] for request in visit.requests}


def test_blocked_hosts_are_not_reached_and_counted(capture, names, block_list):
    visit = capture("/tracked", plugins=PLUGINS, block_list=block_list)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert _hosts(visit) == {"127.0.0.1", "cdn.friend.test"}
    assert "1 × a request to a host on the block list" in visit.result("warc").summary


def test_without_a_list_every_host_is_reached(capture, names):
    visit = capture("/tracked", plugins=PLUGINS)
    assert _hosts(visit) == {"127.0.0.1", "cdn.friend.test", "ads.tracker.test"}
    assert "block list" not in visit.result("warc").summary


def test_page_asked_for_is_never_blocked(capture, names, site, block_list):
    visit = capture(f"http://www.tracker.test:{site.port}/tracked", plugins=PLUGINS, block_list=block_list)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert _hosts(visit) == {"www.tracker.test", "cdn.friend.test"}


def test_page_that_redirects_to_a_blocked_host_fails_and_says_why(capture, names, site, block_list):
    visit = capture(f"/redirect-to?http://www.tracker.test:{site.port}/plain", plugins=PLUGINS, block_list=block_list)
    assert not visit.outcome.succeeded
    assert "www.tracker.test is on the list of PAGEKEEP_BLOCK_LIST" in visit.outcome.reason
    assert _hosts(visit) == {"127.0.0.1"}
