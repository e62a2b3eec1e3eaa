"""Pages and servers that misbehave: each ends in a state and a sentence, soon, and the next page is unharmed."""

import dataclasses
import socket
import time

import pytest

from pagekeep.capture.values import Limits

# Small enough that what never ends costs seconds, large enough for a busy machine.
SHORT = Limits(open=4.0, settle=1.5, scroll=2.0, output=15.0)
LIGHT = ("title", "headers", "htmltotext", "warc")


@pytest.fixture
def unharmed(capture):
    """After the test, the next page is captured as if nothing had been."""
    yield
    visit = capture("/plain", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.text("htmltotext", "htmltotext.txt") == "A plain page.\n"
    assert len(visit.requests) == 1


pytestmark = pytest.mark.usefixtures("unharmed")


def _closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _fails(visit, *words):
    assert not visit.outcome.succeeded
    reason = visit.outcome.reason
    assert all(word in reason for word in words), reason
    assert "Traceback" not in reason
    assert "\n" not in reason
    return reason


def test_host_that_does_not_exist(capture):
    visit = capture("http://does-not-exist.invalid/page", plugins=LIGHT, limits=SHORT)
    _fails(visit, "does-not-exist.invalid", "does not exist")
    assert set(visit.statuses().values()) <= {"skipped", "noresults"}


def test_port_where_nothing_listens(capture):
    port = _closed_port()
    _fails(capture(f"http://127.0.0.1:{port}/", plugins=LIGHT, limits=SHORT), str(port), "refused the connection")


def test_address_that_is_not_public_is_refused(capture, site):
    visit = capture("/plain", plugins=LIGHT, limits=SHORT, allow_private=())
    _fails(visit, "127.0.0.1", "loopback", "PAGEKEEP_ALLOW_PRIVATE")
    assert visit.requests == ()


def test_own_address_is_refused_even_where_allowed(capture, site):
    visit = capture("/plain", plugins=LIGHT, limits=SHORT, refuse=(f"127.0.0.1:{site.port}",))
    _fails(visit, "never archives itself")
    assert visit.requests == ()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("private", ["10.255.255.1", "private network"]),
        ("metadata", ["169.254.169.254", "metadata"]),
        ("file", ["redirects"]),
        ("data", ["redirects"]),
        ("script", ["redirects"]),
        ("nowhere", ["does-not-exist.invalid"]),
        ("loop", ["circle"]),
    ],
)
def test_redirect_that_is_not_followed(capture, target, words):
    visit = capture(f"/to/{target}", plugins=LIGHT, limits=SHORT)
    _fails(visit, *words)
    assert visit.outcome.title == ""
    assert visit.statuses()["warc"] == "succeeded"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/reset", ["broke the connection off"]),
        ("/nothing", ["without an answer"]),
        ("/not-http", ["not valid HTTP"]),
        ("/hang", ["did not open within 1.5 seconds"]),
        ("/endless", ["did not open within 1.5 seconds"]),
        ("/drip", ["did not open within 1.5 seconds"]),
    ],
)
def test_server_that_breaks_off_or_never_ends(capture, path, words):
    started = time.monotonic()
    limits = dataclasses.replace(SHORT, open=1.5)
    _fails(capture(path, plugins=LIGHT, limits=limits), *words)
    assert time.monotonic() - started < 12


@pytest.mark.parametrize("status", [404, 500, 503])
def test_error_page_fails_but_is_kept(capture, status):
    visit = capture(f"/status/{status}", plugins=LIGHT, limits=SHORT)
    _fails(visit, f"answered {status}")
    assert visit.outcome.response_status == status
    assert visit.outcome.title == f"Error {status}"
    assert visit.text("htmltotext", "htmltotext.txt") == f"Sorry: {status}\n"


def test_password_prompt_does_not_hold_up(capture):
    visit = capture("/password", plugins=LIGHT, limits=SHORT)
    _fails(visit, "answered 401")
    assert visit.outcome.title == "Password"


def test_page_half_of_which_comes_is_kept_or_says_so_at_once(capture):
    limits = dataclasses.replace(SHORT, open=20.0)
    visit = capture("/half", plugins=LIGHT, limits=limits)
    assert "broke off" in visit.result("warc").summary
    assert visit.outcome.step_seconds["open"] < 10
    if visit.outcome.succeeded:
        assert "Only the first half" in visit.text("htmltotext", "htmltotext.txt")
    else:
        assert "broke" in visit.outcome.reason


def test_file_to_download_is_kept_in_the_warc(capture):
    visit = capture("/download", plugins=(*LIGHT, "screenshot"), limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.statuses() == {
        "title": "skipped",
        "headers": "succeeded",
        "screenshot": "skipped",
        "htmltotext": "skipped",
        "warc": "succeeded",
    }
    assert "file" in visit.result("screenshot").summary


def test_address_without_content_says_so(capture):
    visit = capture("/no-content", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.response_status == 204
    assert visit.statuses()["htmltotext"] == "skipped"
    assert visit.result("htmltotext").summary


def test_self_signed_certificate_is_refused_and_can_be_accepted(capture, site):
    url = site.secure_url("/plain")
    _fails(capture(url, plugins=LIGHT, limits=SHORT), "certificate", "PAGEKEEP_CHECK_SSL_VALIDITY")
    visit = capture(url, plugins=LIGHT, limits=SHORT, check_certificates=False)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.outcome.title == "Plain"


@pytest.mark.parametrize("path", ["/waiting", "/broken_parts", "/ticking", "/growing", "/popups", "/overlays"])
def test_bad_part_does_not_stop_the_page(capture, path):
    started = time.monotonic()
    visit = capture(path, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert {name: why for name, why in visit.lacking().items() if visit.statuses()[name] != "noresults"} == {}
    assert time.monotonic() - started < 25


def test_style_that_never_comes_does_not_stop_the_page(capture):
    visit = capture("/hanging_style", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.text("htmltotext", "htmltotext.txt") == "The style never comes\n"


def test_popups_do_not_stay_and_do_not_go_out_unwatched(capture, loop_thread, engine):
    visit = capture("/popups", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.succeeded
    browser = engine._browser.connection.browser
    targets = loop_thread.run(browser.call("Target.getTargets"))["targetInfos"]
    assert [target for target in targets if target["type"] == "page" and "popup" in target["url"]] == []


@pytest.mark.parametrize("path", ["/alerts", "/alerts_in_frame"])
def test_dialogs_do_not_hold_up(capture, path):
    started = time.monotonic()
    visit = capture(path, plugins=(*LIGHT, "screenshot", "dom"), limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert set(visit.statuses().values()) == {"succeeded"}
    assert "confirmed" in visit.text("htmltotext", "htmltotext.txt")
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("path", ["/spin", "/spin_at_once"])
def test_script_that_never_ends_costs_the_page_but_not_the_hour(capture, path):
    started = time.monotonic()
    limits = dataclasses.replace(SHORT, open=2.0, settle=1.0, scroll=1.0, output=2.0)
    visit = capture(path, plugins=("title", "headers", "dom", "htmltotext", "singlefile", "warc"), limits=limits)
    assert visit.statuses()["warc"] == "succeeded"
    assert time.monotonic() - started < 40
    if not visit.outcome.succeeded:
        assert visit.outcome.reason


def test_page_that_goes_on_to_another_page(capture, site):
    visit = capture("/leaving", plugins=LIGHT, limits=SHORT)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.outcome.final_url in (site.url("/article?left=1"), site.url("/leaving"))


def test_answer_larger_than_the_limit_is_left_out_and_counted(capture):
    limits = dataclasses.replace(SHORT, body=2_000)
    visit = capture("/requests", plugins=("title", "warc"), limits=limits)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert "larger than the limit" in visit.result("warc").summary


def test_output_larger_than_the_limit_fails_alone(capture):
    limits = dataclasses.replace(SHORT, file=20_000)
    visit = capture("/article", plugins=("title", "dom", "screenshot", "hashes"), limits=limits)
    assert visit.outcome.succeeded
    assert visit.statuses() == {"title": "succeeded", "screenshot": "failed", "dom": "succeeded", "hashes": "succeeded"}
    assert "20000" in visit.result("screenshot").summary
