"""The one-file HTML, opened in another browser whose every way out ends in a log."""

import io
import socket
import threading

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from pagekeep.capture.chromium.find import find_chromium

COLOURS = {
    "srcset": (255, 0, 0),
    "picture": (0, 0, 255),
    "font": (0, 255, 0),
    "background": (0, 255, 255),
    "data": (255, 0, 255),
    "canvas": (255, 255, 0),
    "made": (128, 64, 0),
    "blob": (0, 128, 64),
}


@pytest.fixture(scope="module")
def way_out():
    """A proxy that lets nothing through and counts who comes."""
    listener = socket.create_server(("127.0.0.1", 0))
    visitors = []

    def accept():
        while True:
            try:
                client, peer = listener.accept()
            except OSError:
                return
            visitors.append(peer)
            client.close()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1], visitors
    listener.close()


@pytest.fixture(scope="module")
def reader(way_out):
    """A browser with no network."""
    port, _ = way_out
    arguments = ["--no-sandbox", f"--proxy-server=socks5://127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def offline(reader, way_out, captured):
    """Open the one-file HTML of a visit; at the end, nothing may have been asked for."""
    _, visitors = way_out
    contexts = []
    asked = []

    def open_file(path):
        context = reader.new_context(viewport={"width": 1440, "height": 900})
        contexts.append(context)
        page = context.new_page()
        file = captured(path).path("singlefile", "singlefile.html")
        context.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(100)
        return page

    yield open_file
    for context in contexts:
        context.close()
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))]
    assert outside == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)
    assert visitors == []


def _colour(page, selector):
    with Image.open(io.BytesIO(page.locator(selector).screenshot(timeout=2_000))) as image:
        return image.convert("RGB").getpixel((image.width // 2, image.height // 2))


def _text(page):
    return page.locator("body").inner_text()


def test_article_opens_offline_with_text_and_pictures(offline):
    page = offline("/article")
    assert "counted the seconds" in _text(page)
    assert page.title().split() == ["The", "Lighthouse", "Keeper"]
    sizes = page.evaluate("[...document.images].map((image) => image.naturalWidth)")
    assert sizes == [200, 100]
    assert _colour(page, "#red") == (255, 0, 0)


def test_article_keeps_its_style(offline):
    page = offline("/article")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(51, 51, 51)"
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "20px"


@pytest.mark.parametrize("element", list(COLOURS))
def test_every_kind_of_picture_is_shown_offline(offline, element):
    page = offline("/pictures")
    colour = _colour(page, f"#{element}")
    assert all(abs(have - want) <= 12 for have, want in zip(colour, COLOURS[element], strict=True)), colour


def test_lazy_pictures_are_shown_offline(offline):
    page = offline("/lazy")
    for number in range(2):
        picture = page.locator("img").nth(number)
        picture.scroll_into_view_if_needed()
        handle = picture.element_handle()
        page.wait_for_function("(image) => image.complete && image.naturalWidth === 400", arg=handle, timeout=5_000)


def test_frames_show_their_text_offline(offline):
    page = offline("/frames")
    text = "\n".join(frame.locator("body").inner_text() for frame in page.frames)
    for part in ("The outer text", "frame one", "frame two", "the far frame", "Text of srcdoc"):
        assert part in text


def test_shadow_trees_are_shown_offline(offline):
    page = offline("/shadow")
    assert page.locator("open-box p").first.inner_text() == "Shadow text"
    assert page.locator("inner-box p").inner_text() == "Inner shadow text"


def test_page_keeps_what_its_scripts_made_and_runs_none(offline):
    page = offline("/late")
    assert "Came late" in _text(page)
    assert page.locator("script[src]").count() == 0


@pytest.mark.parametrize("path", ["/requests", "/workers", "/strict", "/routed", "/clobber"])
def test_page_opens_offline(offline, path):
    assert _text(offline(path)).strip()


def test_page_whose_own_text_demands_trusted_types_is_kept(captured):
    visit = captured("/trusted_types")
    assert visit.lacking() == {}
    assert "Only trusted text." in visit.text("singlefile", "singlefile.html")
