"""What is kept of a page as text: title, headers, icon, DOM, text, article, links."""

import io

import pytest
from PIL import Image

from pagekeep.domain.identity import Identity
from testsite.good_routes import ENCODINGS, ODD_PATH

# A quiet page that is reached directly over plain http has none of these.
NOTHING_TO_TELL = {"redirects": "noresults", "sslcerts": "skipped", "consolelog": "noresults"}


def test_every_default_output_of_an_article_succeeds(captured):
    visit = captured("/article")
    assert visit.outcome.reason == ""
    assert visit.outcome.succeeded
    assert visit.lacking() == {}
    assert visit.outcome.response_status == 200


def test_one_visit_asks_for_nothing_twice(captured):
    for path in ("/article", "/pictures", "/frames", "/requests", "/workers", "/lazy", "/strict"):
        asked = [(seen.method, seen.port, seen.path) for seen in captured(path).requests]
        assert len(asked) == len(set(asked)), sorted(asked)


def test_title_is_the_one_the_tab_shows(captured):
    assert captured("/article").text("title", "title.txt") == "The Lighthouse Keeper\n"
    assert captured("/article").outcome.title == "The Lighthouse Keeper"


def test_title_set_late_is_seen(captured):
    assert captured("/late").outcome.title == "Late"
    assert "Came late" in captured("/late").text("htmltotext", "htmltotext.txt")


def test_title_is_not_hidden_by_an_image_of_that_name(captured):
    visit = captured("/clobber")
    assert visit.outcome.title == "Clobbered"


@pytest.mark.parametrize("plugin", ["dom", "htmltotext", "outlinks", "singlefile", "favicon", "screenshot"])
def test_output_survives_elements_that_hide_the_documents_names(captured, plugin):
    visit = captured("/clobber")
    assert visit.result(plugin).summary
    assert visit.statuses()[plugin] == "succeeded", visit.result(plugin).summary


def test_clobbered_page_is_kept_whole(captured):
    visit = captured("/clobber")
    assert "hide the document's own" in visit.text("htmltotext", "htmltotext.txt")
    assert visit.json("outlinks", "outlinks.json")["links"] == [visit.url.replace("/clobber", "/from-clobber")]


def test_page_without_title_has_no_title(captured):
    visit = captured("/empty")
    assert visit.outcome.title == ""
    assert visit.statuses()["title"] == "noresults"
    assert visit.outcome.succeeded


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_legacy_encoding_is_read(capture, name):
    visit = capture(f"/encoding/{name}", plugins=("title", "dom", "htmltotext"))
    assert visit.outcome.title == ENCODINGS[name]
    assert visit.text("htmltotext", "htmltotext.txt").strip() == ENCODINGS[name]
    assert f"<p>{ENCODINGS[name]}" in visit.text("dom", "output.html")


@pytest.mark.parametrize(
    "address", [ODD_PATH, "/odd/an odd näme/日本;v=1?q=a b&ö=%FF#frag ment", "/odd/%2f..%2fup?a[]=1&b={x}|y"]
)
def test_odd_address_is_opened_and_recorded(capture, address):
    visit = capture(address, plugins=("title", "warc"))
    assert visit.outcome.title == "Odd address"
    assert visit.statuses()["warc"] == "succeeded"


def test_headers_keep_repeated_ones_apart_in_order(captured, site):
    visit = captured("/repeated-headers")
    kept = visit.json("headers", "headers.json")
    assert [value for name, value in kept["headers"] if name.lower() == "set-cookie"] == ["a=1; Path=/", "b=2; Path=/"]
    assert [value for name, value in kept["headers"] if name.lower() == "x-twice"] == ["one", "two, 2"]
    assert (kept["status"], kept["status_text"], kept["http_version"]) == (200, "OK", "HTTP/1.1")
    assert kept["remote_address"] == "127.0.0.1"
    assert kept["final_url"] == visit.url


def test_headers_tell_what_was_really_sent(captured):
    visit = captured("/article")
    kept = visit.json("headers", "headers.json")
    seen = visit.requests[0].headers
    assert {name.lower(): value for name, value in kept["request_headers"]} == {k.lower(): v for k, v in seen.items()}
    assert "Headless" not in seen["User-Agent"]


def test_given_user_agent_is_sent(capture):
    visit = capture("/plain", plugins=("headers",), identity=Identity(user_agent="Keeper/1 (test)"))
    assert visit.requests[0].headers["User-Agent"] == "Keeper/1 (test)"


def test_favicon_is_the_icon_of_the_best_size(captured):
    visit = captured("/article")
    assert visit.result("favicon").summary.endswith("/image/00aa00-64x64.png")
    assert visit.result("favicon").files[0].mimetype == "image/png"
    with Image.open(io.BytesIO(visit.path("favicon", "favicon.ico").read_bytes())) as icon:
        assert icon.size == (64, 64)


def test_favicon_of_the_site_serves_where_the_page_names_none(captured):
    visit = captured("/frames")
    assert visit.result("favicon").summary.endswith("/favicon.ico")
    assert visit.result("favicon").files[0].mimetype == "image/x-icon"


def test_site_without_icon_has_no_result(capture, site):
    visit = capture(site.other_url("/plain"), plugins=("favicon",))
    assert visit.statuses() == {"favicon": "noresults"}
    assert visit.path("favicon", "favicon.ico").exists() is False


def test_dom_holds_shadow_trees(captured):
    dom = captured("/shadow").text("dom", "output.html")
    assert dom.startswith("<!DOCTYPE html>")
    assert dom.count("shadowrootmode") == 2
    assert "Inner shadow text" in dom


def test_dom_is_what_scripts_made_of_the_page(captured):
    assert "Came late" in captured("/late").text("dom", "output.html")


def test_text_holds_frames_and_shadow_trees(captured):
    text = captured("/frames").text("htmltotext", "htmltotext.txt")
    for part in ("The outer text", "frame one", "frame two", "the far frame", "Text of srcdoc"):
        assert part in text
    shadow = captured("/shadow").text("htmltotext", "htmltotext.txt")
    assert "Light text" in shadow
    assert shadow.count("Shadow text") == 1
    assert "Inner shadow text" in shadow


def test_article_has_author_date_and_language(captured):
    article = captured("/article").json("readability", "article.json")
    assert (article["author"], article["published"], article["language"]) == (
        "Ada Beacon",
        "2024-05-06T07:08:09Z",
        "en-GB",
    )
    assert article["title"] == "The Lighthouse Keeper"
    assert "counted the seconds" in captured("/article").text("readability", "content.txt")
    html = captured("/article").text("readability", "content.html")
    assert "<p" in html
    assert "Home" not in html


def test_page_without_article_has_no_result(captured):
    assert captured("/empty").statuses()["readability"] == "noresults"


def test_outlinks_are_absolute_and_by_kind(captured, site):
    found = captured("/article").json("outlinks", "outlinks.json")
    assert found["links"] == [
        site.url("/"),
        site.url("/tall?x=1#part"),
        "https://example.com/away",
        "mailto:keeper@example.com",
    ]
    assert site.url("/image/ff0000-200x100.png") in found["images"]
    assert found["media"] == [site.url("/missing.mp4")]
    assert found["stylesheets"] == [site.url("/style.css"), site.url("/print.css")]
    assert site.url("/image/00aa00-64x64.png") in found["icons"]
    assert found["forms"] == [site.url("/search")]
    assert site.url("/imported.css") in found["requested"]


def test_outlinks_hold_those_of_frames_and_shadow_trees(captured, site):
    links = captured("/frames").json("outlinks", "outlinks.json")["links"]
    assert set(links) == {site.url("/from-frame"), site.other_url("/far-link")}
    assert captured("/shadow").json("outlinks", "outlinks.json")["links"] == [site.url("/from-shadow")]


def test_redirects_lead_to_the_final_url(captured, site):
    visit = captured("/redirect/first")
    assert visit.outcome.final_url == site.url("/article")
    assert visit.outcome.title == "The Lighthouse Keeper"
    assert visit.json("headers", "headers.json")["final_url"] == site.url("/article")


def test_meta_refresh_is_followed(captured, site):
    visit = captured("/refresh")
    assert visit.outcome.final_url == site.url("/article?refreshed=1")
    assert visit.outcome.title == "The Lighthouse Keeper"
    assert visit.text("dom", "output.html").count("The storm") == 1


def test_client_side_route_is_the_final_url(captured, site):
    visit = captured("/routed")
    assert visit.outcome.final_url == site.url("/routed/inside?view=2")
    assert visit.outcome.title == "After routing"
    assert visit.statuses()["singlefile"] == "succeeded"


def test_page_that_forbids_everything_is_kept(captured):
    visit = captured("/strict")
    assert visit.lacking() == {}


def test_steps_and_results_are_told_as_they_come(captured):
    visit = captured("/article")
    assert visit.watcher.steps[:4] == ["open", "settle", "behaviours", "look"]
    assert tuple(visit.watcher.results) == visit.outcome.results
    assert set(visit.outcome.step_seconds) >= set(visit.watcher.steps)


def test_overlays_are_dismissed_by_refusing(captured):
    visit = captured("/overlays")
    assert "/echo?cookies=no" in [seen.path for seen in visit.requests]
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        red, green, _ = image.getpixel((700, 500))
    assert green > 240
    assert red < 15
