"""What a page says on its console."""

import json

import pytest

from pagekeep.capture.recording.console_log import MAX_CHARACTERS, STORED


def _lines(visit):
    return [json.loads(line) for line in visit.path("consolelog", "consolelog.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def said(captured):
    return _lines(captured("/talking"))


def _with(said, text):
    found = [line for line in said if text in line["text"]]
    assert len(found) == 1, found
    return found[0]


def test_console_calls_are_kept_as_a_console_shows_them(said, site):
    plain = _with(said, "plain words")
    assert plain["text"] == "plain words 7 Object null undefined true NaN body"
    assert (plain["kind"], plain["level"], plain["url"], plain["line"]) == ("console", "log", site.url("/talking"), 4)
    warned = _with(said, "the box has")
    assert (warned["level"], warned["text"]) == ("warning", "the box has 3 red parts and more")
    assert _with(said, "an error object")["text"].startswith("TypeError: an error object\n")
    assert _with(said, "half a pair")["text"] == "\ufffd half a pair"


def test_long_message_is_cut_and_says_so(said):
    assert _with(said, "xxxxx")["text"].endswith("x… (20000 characters)")


def test_stack_is_kept(said):
    assert [frame.split()[0] for frame in _with(said, "how we came here")["stack"]] == ["inner", "outer", "(anonymous)"]


def test_errors_nobody_caught_are_kept(said):
    thrown = _with(said, "nobody caught this")
    assert (thrown["kind"], thrown["level"]) == ("exception", "error")
    assert thrown["text"].startswith("Uncaught RangeError: nobody caught this")
    assert thrown["line"] > 1
    assert _with(said, "rejected and forgotten")["text"].startswith("Uncaught (in promise) Error: ")


def test_failed_loads_are_kept_with_their_address(said, site):
    failed = [line["url"] for line in said if line["kind"] == "network"]
    assert sorted(failed) == [site.url("/no-such-picture.png"), site.url("/status/404")]


def test_violations_of_policy_are_kept(captured):
    (line,) = _lines(captured("/forbidding"))
    assert (line["level"], "img-src 'none'" in line["text"]) == ("error", True)


def test_frames_and_workers_are_heard(said, site):
    talking = sorted(line["text"] for line in said if "frame talks" in line["text"])
    assert talking == ["the frame talks /talking_frame", "the frame talks /talking_frame"]
    assert _with(said, "the worker talks")["text"] == "the worker talks 1 2"
    assert _with(said, "the worker fails")["url"] == site.url("/talking_worker.js")


def test_worker_that_has_ended_is_heard(said):
    assert _with(said, "the short worker talks")


def test_messages_are_in_the_order_of_time(captured, said):
    times = [line["time"] for line in said]
    assert times == sorted(times)
    assert captured("/talking").result("consolelog").summary == f"{len(said)} messages, 6 errors"


def test_document_that_was_left_is_heard(captured, site):
    said = _lines(captured("/leads_on/last_words"))
    first = _with(said, "last words of the first page")
    assert (first["url"], first["line"]) == (site.url("/leads_on/last_words"), 2)
    assert _with(said, "first words of the second page")


def test_what_outputs_do_is_not_in_it(captured, capture):
    """The icon that is missing at this origin is asked for by an output: the browser reports that, to nobody."""
    visit = captured("/broken_parts")
    with_all = [line["text"] for line in _lines(visit)]
    alone = [line["text"] for line in _lines(capture("/broken_parts", plugins=("consolelog",)))]
    assert sorted(with_all) == sorted(alone)


def test_silent_page_has_no_result(captured):
    result = captured("/plain").result("consolelog")
    assert (result.status.value, result.summary) == ("noresults", "The page said nothing on its console.")


def test_shouting_page_is_kept_in_bounds_and_says_what_is_missing(capture):
    visit = capture("/shouting", plugins=("title", "consolelog"))
    *said, last = _lines(visit)
    assert 100 < len(said) <= STORED
    assert last["kind"] == "left-out"
    assert said[-1]["text"] == "the end"
    assert visit.path("consolelog", "consolelog.jsonl").stat().st_size < 2 * MAX_CHARACTERS
    assert visit.outcome.step_seconds["listen"] < 3


def test_page_that_keeps_its_script_busy_is_not_waited_for(capture):
    visit = capture("/spin", plugins=("consolelog", "headers"))
    assert visit.statuses()["headers"] == "succeeded"
