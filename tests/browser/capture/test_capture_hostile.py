"""Every row of "How a visit ends" in docs/outputs.md, in the real browser; the next page is unharmed each time."""

import functools
import os
import re
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from browser.capture.hostile_cases import CASES, LIGHT, PATIENT, SHORT
from pagekeep.capture.chromium import launch
from pagekeep.capture.engine import Engine, EngineOptions
from pagekeep.capture.network.egress import system_resolver
from testsite.certificates import KINDS, make_certificates, trust
from testsite.server import TestSite

DOCS = Path(__file__).parents[3] / "docs" / "outputs.md"
# Enough for 100 MB of DOM, little enough that who takes more is stopped in a second.
MEMORY = 1536 << 20
NOTHING = "–"


def _rows():
    """Return (case, status, sentence) of each row of the table."""
    section = DOCS.read_text(encoding="utf-8").partition("\n## How a visit ends\n")[2].partition("\n## ")[0]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in re.findall(r"^\|.*", section, re.M)]
    return [row for row in rows if row[1] in ("succeeded", "failed")]


ROWS = _rows()


def _pattern(sentence):
    """Return the sentence as a regular expression: ``<n>`` is a number, ``<what>`` some words, the rest one word."""
    parts = re.split(r"<(\w+)>", "" if sentence == NOTHING else sentence.replace("`", ""))
    kinds = {"n": r"[\d.]+", "what": r"[\w ]+"}
    return "".join(kinds.get(part, r"\S+") if turn % 2 else re.escape(part) for turn, part in enumerate(parts))


def _said(visit):
    """Return what a person reads of how it ended: the reason, else what the outputs' lines say is missing."""
    if visit.outcome.reason:
        return visit.outcome.reason
    missing = [result.summary for result in visit.outcome.results if result.status in ("failed", "skipped")]
    left_out = next((r.summary.partition("; left out: ")[2] for r in visit.outcome.results if r.plugin == "warc"), "")
    return " ".join(dict.fromkeys([*missing, left_out])).strip()


class Resolver:
    """What a name server would say of the names of the tests; the rest is asked of the system."""

    def __init__(self):
        self._turns = 0

    def __call__(self, host):
        match host:
            case "does-not-exist.invalid":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            case "no-answer.example":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            case "private.example":
                return ["10.255.255.1"]
            case "rebinding.example":
                self._turns += 1
                return ["127.0.0.1" if self._turns == 1 else "10.255.255.1"]
            case "xn--bcher-kva.example":
                return ["127.0.0.1"]
        return system_resolver(host)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory, certificate):
    """A PEM file of each kind of certificate, and the authority the browser trusts."""
    folder, other = tmp_path_factory.mktemp("known"), tmp_path_factory.mktemp("unknown")
    return make_certificates(folder) | {"stranger": make_certificates(other)["good"], "self-signed": certificate}


@pytest.fixture(scope="module")
def ports(site, certificates):
    """What stands in the cases' addresses."""
    with ExitStack() as sites, socket.create_server(("127.0.0.1", 0)) as listener:
        found = {"http": site.port, "closed": listener.getsockname()[1]}
        listener.close()
        for kind in (*KINDS, "stranger", "self-signed"):
            found[kind] = sites.enter_context(TestSite(certificates[kind])).secure_port
        yield found


@pytest.fixture(scope="module")
def hostile_engine(loop_thread, certificates, tmp_path_factory):
    """A browser of its own with little memory, whose home folder names one more authority."""
    home = tmp_path_factory.mktemp("home")
    trust(certificates["authority"], home)
    environment = launch._environment
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_environment", lambda profile: environment(profile) | {"HOME": str(home)})
        # How long a page that has kept silent is given to answer.
        patch.setattr("pagekeep.capture.run._ANSWER_SECONDS", 2.0)
        engine = Engine(EngineOptions(memory=MEMORY, resolver=Resolver()))
        loop_thread.run(engine.__aenter__())
        yield engine
        loop_thread.run(engine.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def visit(capture_with, hostile_engine):
    return functools.partial(capture_with, hostile_engine)


@pytest.fixture(scope="module")
def usual(visit, hostile_engine):
    """The processes of a browser that has visited a page: without any renderer."""
    visit("/plain", plugins=LIGHT, limits=PATIENT)
    return _wait(lambda: _processes(hostile_engine), lambda found: b"renderer" not in found)


def _processes(engine):
    """Return how many processes of each kind the browser has."""
    kinds = Counter()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                line = (entry / "cmdline").read_bytes()
            except OSError:  # it has ended meanwhile
                continue
            # One that is about to end has no command line any more.
            if int(fields[2]) == engine.browser.process.pid and fields[0] != "Z" and line:
                kinds[(re.findall(rb"--type=([\w-]+)", line) or [b"browser"])[0]] += 1
    return kinds


def _start_measuring(pids):
    """Return what these processes take now (bytes); their peaks are counted anew."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # proc(5)
    return _peak(pids)


def _peak(pids):
    """Return the most these processes have taken since (bytes)."""
    peaks = [re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
    return sum(int(peak[1]) * 1024 for peak in peaks)


def _wait(look, fits, seconds=20.0):
    """Return what ``look`` returns once it fits."""
    end = time.monotonic() + seconds
    while not fits(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


async def _targets(engine):
    browser = engine.browser.connection.browser
    found = [target["url"] for target in (await browser.call("Target.getTargets"))["targetInfos"]]
    return found + (await browser.call("Target.getBrowserContexts"))["browserContextIds"]


async def _crash(engine, address):
    """Crash the renderer of the page at ``address``."""
    for session in tuple(engine.browser.connection._sessions.values()):
        if (await session.call("Target.getTargetInfo"))["targetInfo"]["url"].endswith(address):
            session.post("Page.crash")


def _assert_unharmed(visit, engine, loop_thread, usual):
    """The next page is kept whole, and nothing of the one before is left."""
    after = visit("/plain", plugins=LIGHT, limits=PATIENT)
    assert after.outcome.succeeded, after.outcome.reason
    assert after.text("htmltotext", "htmltotext.txt") == "A plain page.\n"
    assert len(after.requests) == 1
    _wait(lambda: _processes(engine), lambda found: found == usual)
    assert loop_thread.run(_targets(engine)) == []


def test_every_row_has_a_case_and_every_case_a_row():
    assert [row[0] for row in ROWS] == list(CASES)


@pytest.mark.parametrize(("name", "status", "sentence"), ROWS, ids=[row[0] for row in ROWS])
def test_visit_ends_as_documented(name, status, sentence, visit, hostile_engine, loop_thread, usual, ports):
    case = CASES[name]
    fields = {key: tuple(text.format_map(ports) for text in value) if isinstance(value, tuple) else value
              for key, value in case.fields.items()}  # fmt: skip
    browser = hostile_engine.browser
    shared = (os.getpid(), browser.process.pid)
    taken = _start_measuring(shared)
    acts = {case.crash_at: functools.partial(_crash, hostile_engine, case.address)} if case.crash_at else {}
    ended = visit(case.address.format_map(ports), plugins=case.plugins, limits=case.limits, acts=acts, **fields)
    try:
        assert ended.outcome.succeeded == (status == "succeeded"), ended.outcome
        assert re.fullmatch(_pattern(sentence), _said(ended)), _said(ended)
        case.check(ended)
        assert hostile_engine.browser is browser
        assert _peak(shared) - taken < case.memory
    finally:
        _assert_unharmed(visit, hostile_engine, loop_thread, usual)


@pytest.mark.parametrize(
    "path",
    [
        "/hostile/spin_again",
        "/hostile/hog_objects",
        "/hostile/hog_buffers",
        "/hostile/hog_blobs",
        "/article?crash",
    ],
)
def test_page_beside_a_hostile_one_is_whole(path, visit, hostile_engine, loop_thread, usual):
    limits = replace(PATIENT, settle=5.0) if "hog" in path else SHORT
    acts = {"behaviours": functools.partial(_crash, hostile_engine, path)} if "crash" in path else {}
    with ThreadPoolExecutor(2) as threads:
        bad = threads.submit(visit, path, plugins=LIGHT, limits=limits, acts=acts)
        good = threads.submit(visit, "/article?beside", limits=PATIENT)
    assert bad.result().statuses()["warc"] == "succeeded"
    assert good.result().outcome.succeeded, good.result().outcome.reason
    assert good.result().lacking() == {}
    _assert_unharmed(visit, hostile_engine, loop_thread, usual)
