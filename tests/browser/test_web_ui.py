"""The web UI in a real browser: the way of a person through it, and what archived scripts may not do."""

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.signals import request_started
from django.utils import timezone
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from pagekeep.archive.models import ArchiveResult, Snapshot, Worker
from pagekeep.archive.queue import claim
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.services.add_schedule import add_schedule
from pagekeep.services.add_urls import add_urls
from pagekeep.services.begin_attempt import begin_attempt
from pagekeep.services.record_result import record_step
from pagekeep.services.register_worker import register_worker
from pagekeep.services.wiring import snapshot_files

SHELL = Path("/usr/bin/chromium-headless-shell")
FULL = Path("/usr/bin/chromium")
PASSWORD = "a good password"
HOSTILE_TITLE = "<script>document.title='broken'</script> \"Titel\" \u202egnp.exe"

# An archived page that tries everything and writes down what came of it.
HOSTILE = b"""<!doctype html><meta charset=utf-8><title>archived</title><pre id=report></pre>
<img src="/snapshot/x/screenshot/screenshot.jpg"><form id=f action="/" method=post><input name=urls value=x></form>
<script>
const report = {};
const attempt = (name, act) => { try { report[name] = "allowed: " + act(); } catch (e) { report[name] = "refused"; } };
attempt("cookie", () => document.cookie);
attempt("localStorage", () => localStorage.length);
attempt("parent", () => parent === self ? "is top" : parent.document.title);
attempt("top", () => { if (top === self) return "is top"; top.location = "/admin/"; return "navigated"; });
attempt("popup", () => window.open("/") ? "opened" : (() => { throw 0 })());
attempt("form", () => { document.getElementById("f").submit(); return "sent"; });
report.origin = self.origin;
const asked = (name, promise) => promise.then(() => { report[name] = "allowed"; }, () => { report[name] = "refused"; });
Promise.all([
  asked("api", fetch("/api/v1/openapi.json")),
  asked("opaque api", fetch("/api/v1/cli/add", {method: "POST", mode: "no-cors", body: "{}"})),
  asked("outside", fetch("https://example.com/", {mode: "no-cors"})),
  asked("beacon", navigator.sendBeacon("/api/v1/cli/add", "x") ? Promise.resolve() : Promise.reject()),
  asked("worker", new Promise((good, bad) => {
    const worker = new Worker("/static/pagekeep/main.js"); worker.onerror = bad; worker.onmessage = good;
  })),
  asked("service worker", new Promise((good) => good(navigator.serviceWorker.register("/static/pagekeep/main.js")))),
]).then(() => { document.getElementById("report").textContent = JSON.stringify(report); });
</script>"""
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj trailer<</Root 1 0 R>>
%%EOF"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as started:
        # Playwright keeps an event loop in this thread, which Django takes for a mistake.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=SHELL, args=["--no-sandbox"])
    yield started
    started.close()


@pytest.fixture
def make_snapshot(playwright: Playwright, transactional_db: None) -> Callable[..., Snapshot]:
    user = User.objects.create_superuser("admin", password=PASSWORD)

    def make(url: str, files: dict[str, tuple[bytes, str]], **columns: Any) -> Snapshot:
        snapshot = add_urls([url], user=user, tags=["ours"]).snapshots[0]
        ended = {"status": SnapshotStatus.SUCCEEDED, "retry_at": None, "response_status": 200}
        Snapshot.objects.filter(pk=snapshot.pk).update(**(ended | columns))
        for name, (data, mimetype) in files.items():
            plugin, _, path = name.partition("/")
            kept = snapshot_files(snapshot.pk).save(plugin, path, data, mimetype)
            ArchiveResult.objects.create(
                snapshot=snapshot,
                plugin=plugin,
                status=ResultStatus.SUCCEEDED,
                created_at=timezone.now(),
                output_str=path,
                output_size=kept.size,
                output_files={path: {"size": kept.size, "mimetype": mimetype, "sha256": kept.sha256, "extension": ""}},
            )
        return Snapshot.objects.get(pk=snapshot.pk)

    return make


@pytest.fixture
def page(browser: Browser, live_server: Any, make_snapshot: Any) -> Iterator[Page]:
    """A page that is logged in by hand; at the end nothing of our own policy may have been broken."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.set_default_timeout(10_000)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    log_in(page)
    yield page
    context.close()
    assert broken == []


def log_in(page: Page) -> None:
    page.goto("/")
    assert "/admin/login/?next=/" in page.url
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")


def test_workers_are_told_what_to_do_and_the_page_keeps_up(page: Page) -> None:
    worker = register_worker(2)
    added = add_urls(["https://www.example.com/article", "https://example.org/"], user=None)
    page.get_by_role("link", name="Workers").click()
    row = page.locator(".worker")
    expect(row).to_contain_text("0 of 2 pages at work")
    page.get_by_role("button", name=f"Drain {worker}").focus()
    claim(worker.pk, 60)
    expect(row).to_contain_text("1 of 2 pages at work")  # without being loaded again
    expect(row.get_by_role("link", name=added.snapshots[0].url)).to_be_visible()
    expect(page.get_by_role("button", name=f"Drain {worker}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("takes nothing new until you resume it")
    expect(row).to_contain_text("Draining")
    page.get_by_role("button", name=f"Stop {worker}").click()
    expect(row).to_contain_text("Stopping")
    page.get_by_role("button", name=f"Resume {worker}").click()
    expect(row).to_contain_text("Idle")
    Worker.objects.all().delete()
    expect(page.get_by_text("No worker runs")).to_be_visible()


def test_from_login_to_delete(page: Page, make_snapshot: Any) -> None:
    make_snapshot("https://other.example/", {}, title="Something else")
    kept = make_snapshot(
        "https://www.example.com/article",
        {
            "singlefile/singlefile.html": (b"<p>What was kept", "text/html"),
            "htmltotext/htmltotext.txt": (b"Text", "text/plain"),
        },
        title=HOSTILE_TITLE,
    )
    violations: list[str] = []
    page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
    page.reload()
    expect(page.locator(".row")).to_have_count(2)
    page.get_by_role("searchbox").fill("example.com/art")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".row")).to_have_count(1)
    assert "?search=example.com%2Fart" in page.url
    assert "status" not in page.url
    page.get_by_role("link", name=HOSTILE_TITLE).click()
    assert page.url.endswith(f"/snapshot/{kept.pk}/")
    assert page.title() == f"{HOSTILE_TITLE} · Pagekeep"
    expect(page.frame_locator("iframe").get_by_text("What was kept")).to_be_visible()
    page.get_by_role("navigation", name="Outputs").get_by_role("link", name="Text").click()
    expect(page.frame_locator("iframe").locator("pre")).to_have_text("Text")
    assert violations == []
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The snapshot is deleted.")).to_be_visible()
    expect(page.locator(".row")).to_have_count(1)
    assert not snapshot_files(kept.pk).folder.exists()


def test_adding_shows_rows_and_refusals(page: Page) -> None:
    page.get_by_label("Archive a page").fill("https://example.com/new\nexample.org/no-scheme")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("1 page is on the way")).to_be_visible()
    expect(page.get_by_text("'example.org/no-scheme' has no scheme")).to_be_visible()
    expect(page.locator(".row .status")).to_have_text("Queued")


def test_a_file_of_links_is_enough(page: Page, tmp_path: Path) -> None:
    bookmarks = tmp_path / "bookmarks.csv"
    bookmarks.write_text("url,title\nhttps://files.example/,From a file\nnothing,Bad\n")
    page.goto("/add/")
    page.set_viewport_size({"width": 390, "height": 844})
    card = page.locator("#add-form").bounding_box()
    field = page.get_by_label("Or files with links").bounding_box()
    assert card
    assert field
    assert field["x"] + field["width"] < card["x"] + card["width"] <= 390
    page.get_by_label("Or files with links").set_input_files(bookmarks)
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("1 page is on the way into the archive.")).to_be_visible()
    expect(page.get_by_text("1 of 2 entries were taken.").first).to_be_visible()
    assert Snapshot.objects.get(url="https://files.example/").title == "From a file"


@pytest.mark.parametrize("place", ["framed", "alone"])
def test_an_archived_script_is_powerless(page: Page, make_snapshot: Any, live_server: Any, place: str) -> None:
    snapshot = make_snapshot(
        "https://evil.example/", {"singlefile/singlefile.html": (HOSTILE, "text/html; charset=utf-8")}
    )
    address = f"/snapshot/{snapshot.pk}/"
    reached: list[str] = []

    def note(environ: dict[str, Any], **_: object) -> None:
        reached.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")

    request_started.connect(note)
    page.goto(address if place == "framed" else f"{address}singlefile/singlefile.html")
    frame = page.frames[-1]
    frame.wait_for_function("document.getElementById('report')?.textContent")
    known = frame.evaluate("JSON.parse(document.getElementById('report').textContent)")
    assert known.pop("origin") == "null"
    allowed = {name for name, result in known.items() if result.startswith("allowed")}
    # Browsers do not tell a script that its form or beacon was stopped; what reached the server tells.
    harmless = {"form", "beacon"} | ({"parent", "top"} if place == "alone" else set())
    assert allowed <= harmless, known
    assert page.url.startswith(live_server.url + address)
    page.goto("/robots.txt")  # the last word: whatever was still on its way has come before it
    request_started.disconnect(note)
    expected = (
        [address, f"{address}singlefile/singlefile.html"]
        if place == "framed"
        else [f"{address}singlefile/singlefile.html"]
    )
    asked = [entry for entry in reached if not entry.startswith(("GET /static/", "GET /favicon.ico"))]
    assert asked == [*(f"GET {path}" for path in expected), "GET /robots.txt"]


def test_a_row_follows_its_snapshot_without_a_reload(page: Page, make_snapshot: Any) -> None:
    snapshot = make_snapshot("https://later.example/", {}, status=SnapshotStatus.QUEUED, retry_at=timezone.now())
    page.reload()
    page.evaluate("window.sameDocument = true")
    row = page.locator(".row")
    expect(row.locator(".status")).to_have_text("Queued")
    row.get_by_role("link", name="later.example").first.focus()
    worker = register_worker(1)
    assert claim(worker.pk, 60) is not None
    begin_attempt(worker.pk, snapshot.pk)
    record_step(worker.pk, snapshot.pk, "screenshot")
    expect(row.locator(".status")).to_have_text("Archiving")
    expect(row.locator(".doing")).to_contain_text("Screenshot")
    assert page.evaluate("document.activeElement.textContent") == "later.example/"
    Snapshot.objects.update(
        status=SnapshotStatus.SUCCEEDED, lease_owner=None, retry_at=None, title="It has come", current_step=""
    )
    expect(row.get_by_role("link", name="It has come")).to_be_visible()
    expect(page.locator("[data-activity]")).to_have_text(re.compile(r"^\s*1 snapshot"))
    assert page.evaluate("window.sameDocument") is True
    # Nothing is open any more, so nobody is asked any more.
    with pytest.raises(Exception, match="Timeout"), page.expect_request("**/progress.json*", timeout=2500):
        pass


def test_a_snapshots_page_follows_it_to_the_end(page: Page, make_snapshot: Any) -> None:
    snapshot = make_snapshot("https://later.example/", {}, status=SnapshotStatus.QUEUED, retry_at=timezone.now())
    page.goto(f"/snapshot/{snapshot.pk}/")
    expect(page.locator(".outputs")).to_contain_text("Waiting for a worker")
    worker = register_worker(1)
    assert claim(worker.pk, 60) is not None
    begin_attempt(worker.pk, snapshot.pk)
    record_step(worker.pk, snapshot.pk, "title")
    expect(page.locator(".outputs")).to_contain_text(f"0 of {len(DEFAULT_PLUGINS)}")
    Snapshot.objects.update(
        status=SnapshotStatus.FAILED, lease_owner=None, retry_at=None, reason="It was unplugged.", current_step=""
    )
    expect(page.get_by_text("It was unplugged.")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/snapshot/{id}/", "/snapshot/{id}/delete/", "/admin/schedules/"])
def test_a_phone_needs_no_sideways_scrolling(page: Page, make_snapshot: Any, path: str) -> None:
    long = "x" * 3000
    snapshot = make_snapshot(
        f"https://{'long.' * 20}example/{long}",
        {"singlefile/singlefile.html": (b"<p>", "text/html"), f"other/{long[:200]}.txt": (b"t", "text/plain")},
        title=long,
        reason=long,
    )
    add_schedule(snapshot.url, user=None, label=long[:255])
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(path.format(id=snapshot.pk))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_in_the_header_lies_on_top_of_another(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/add/")
    parts = page.locator(".bar .brand, .bar nav > *").all()
    assert len(parts) == 6
    assert parts[0].evaluate("brand => brand.scrollWidth <= brand.offsetWidth")  # its words stay in its box
    boxes = [box for part in parts if (box := part.bounding_box())]
    for first, second in itertools.combinations(boxes, 2):
        assert first["x"] + first["width"] <= second["x"] or first["y"] + first["height"] <= second["y"]


def test_without_javascript_everything_works(browser: Browser, live_server: Any, make_snapshot: Any) -> None:
    snapshot = make_snapshot("https://example.com/", {"dom/output.html": (b"<p>Kept", "text/html")}, title="Plain")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page)
    page.get_by_role("link", name="Plain").click()
    expect(page.frame_locator("iframe").get_by_text("Kept")).to_be_visible()
    page.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert not Snapshot.objects.filter(pk=snapshot.pk).exists()
    context.close()


def test_a_pdf_opens_in_its_sandbox(playwright: Playwright, live_server: Any, make_snapshot: Any) -> None:
    snapshot = make_snapshot("https://example.com/", {"pdf/output.pdf": (PDF, "application/pdf")})
    # Playwright turns the viewer off, which is an extension.
    browser = playwright.chromium.launch(
        executable_path=FULL,
        headless=False,
        args=["--no-sandbox", "--headless=new"],
        ignore_default_args=["--disable-component-extensions-with-background-pages", "--disable-extensions"],
    )
    page = browser.new_page(base_url=live_server.url)
    log_in(page)
    page.goto(f"/snapshot/{snapshot.pk}/?output=pdf")
    for _ in range(100):
        if any(frame.url.startswith("chrome-extension:") for frame in page.frames):
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail(f"the viewer did not open: {[frame.url for frame in page.frames]}")
    browser.close()
