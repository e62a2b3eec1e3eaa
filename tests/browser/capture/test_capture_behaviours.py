"""Each behaviour on a page whose outputs differ without it, and pages that would keep one for ever or lead it away."""

import dataclasses
import gzip
import time

import pytest
from PIL import Image

from pagekeep.capture.values import Limits

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
WHITE = (255, 255, 255)
SHORT = Limits(open=5.0, settle=2.0, scroll=4.0, output=15.0)
LOOKED_AT = ("title", "screenshot", "dom", "htmltotext", "outlinks")


@pytest.fixture(scope="module")
def with_only(capture):
    """Visit a page of ``behaviours/`` with one behaviour, or none (an empty name); each visit is made once."""
    made = {}

    def visit(page, name, plugins=LOOKED_AT):
        key = page, name, plugins
        if key not in made:
            names = (name,) if name else ()
            made[key] = capture(f"/behaviours/{page}", behaviours=names, plugins=plugins, limits=SHORT)
            assert made[key].outcome.succeeded, made[key].outcome.reason
        return made[key]

    return visit


def _asked(visit):
    return [request.path for request in visit.requests]


def _colours(visit, *points):
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as image:
        seen = [image.getpixel(point)[:3] for point in points]
    return [tuple(255 if part > 200 else 0 if part < 60 else part for part in pixel) for pixel in seen]


def test_banner_of_a_known_framework_is_refused_and_the_page_scrolls_again(with_only):
    on, off = with_only("cookies", "cookies"), with_only("cookies", "")
    assert "/echo?onetrust=no" in _asked(on)
    assert not [path for path in _asked(off) if "onetrust" in path]
    assert _colours(on, (700, 500), (700, 2500)) == [GREEN, GREEN]
    assert _colours(off, (700, 500)) == [RED]
    with Image.open(off.path("screenshot", "screenshot.jpg")) as image:
        assert image.height == 900


def test_banner_in_a_shadow_tree_is_refused(with_only):
    assert "/echo?shadow=uc-deny-all-button" in _asked(with_only("cookies_shadow", "cookies"))
    assert "Shadow banner" not in with_only("cookies_shadow", "cookies").text("dom", "output.html").split("<script>")[0]
    assert "Shadow banner" in with_only("cookies_shadow", "").text("dom", "output.html").split("<script>")[0]


def test_banner_in_a_frame_is_refused_and_other_frames_are_left_alone(with_only):
    on, off = with_only("cookies_frame", "cookies"), with_only("cookies_frame", "")
    assert [path for path in _asked(on) if "framed" in path] == ["/echo?framed=no"]
    assert 'id="banner"' not in on.text("dom", "output.html")
    assert 'id="banner"' in off.text("dom", "output.html")


def test_banner_that_comes_back_for_ever_is_answered_twice(with_only):
    assert with_only("cookies_again", "").outcome.title == "Shown 1"
    assert with_only("cookies_again", "cookies").outcome.title == "Shown 3"


def test_banner_that_hangs_costs_its_behaviour_only(capture):
    limits = dataclasses.replace(SHORT, behaviour=1.0)
    started = time.monotonic()
    visit = capture("/behaviours/cookies_spinning", plugins=("title", "dom"), limits=limits)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert "/image/00ff00-50x50.png" in _asked(visit)
    assert visit.statuses() == {"title": "succeeded", "dom": "succeeded"}
    assert time.monotonic() - started < 15


def test_buttons_of_a_page_about_privacy_are_left_alone(with_only, site):
    visit = with_only("cookies_policy", "cookies")
    assert visit.outcome.final_url == site.url("/behaviours/cookies_policy")
    assert _asked(visit) == ["/behaviours/cookies_policy"]


def test_banner_that_is_a_form_does_not_lead_away(with_only, site):
    visit = with_only("cookies_form", "cookies")
    assert visit.outcome.final_url == site.url("/behaviours/cookies_form")
    assert "Beneath the banner" in visit.text("htmltotext", "htmltotext.txt")
    assert _asked(visit) == ["/behaviours/cookies_form"]


def test_dialogs_are_closed(with_only):
    assert _colours(with_only("dialogs", "dialogs"), (700, 450)) == [GREEN]
    assert _colours(with_only("dialogs", ""), (700, 450)) == [RED]


def test_dialogs_that_hold_what_the_page_is_about_stay(with_only, site):
    visit = with_only("dialogs_content", "dialogs")
    text = visit.text("htmltotext", "htmltotext.txt")
    assert "A dialog among the text" in text
    assert "The post itself" in text
    assert visit.outcome.final_url == site.url("/behaviours/dialogs_content")


def test_folded_sections_are_shown_and_a_group_stays_a_group(with_only):
    on, off = with_only("details", "details"), with_only("details", "")
    assert _colours(on, (700, 100), (700, 250), (700, 400)) == [RED, GREEN, BLUE]
    assert _colours(off, (700, 75), (700, 150), (700, 250)) == [WHITE, GREEN, WHITE]
    assert "/echo?unfolded" in _asked(on)
    dom = on.text("dom", "output.html")
    assert dom.count('name="group"') == 2
    assert dom.count('open=""') == 2  # the one alone, and the one of the group that was open
    assert "Folded text" in on.text("htmltotext", "htmltotext.txt")


def test_waiting_pictures_are_loaded(with_only):
    on, off = with_only("lazy", "lazy"), with_only("lazy", "")
    points = [(50, y) for y in (50, 150, 250, 350)]
    assert _colours(on, *points) == [RED, GREEN, BLUE, YELLOW]
    assert _colours(off, *points) == [WHITE] * 4
    far = "/image/ff00ff-100x100.png"
    assert far in _asked(on)
    assert far not in _asked(off)
    assert 'loading="lazy"' in on.text("dom", "output.html")


def test_pictures_that_count_or_show_already_are_not_asked_for(with_only):
    asked = _asked(with_only("lazy", "lazy"))
    assert "/image/000000-1x1.gif" not in asked
    assert "/image/123123-100x100.png" not in asked


def test_scrolling_loads_what_scripts_load_lazily(capture):
    picture = "/image/0000ff-400x200.png"
    assert picture in _asked(capture("/lazy", behaviours=("scroll",), plugins=("title",)))
    assert picture not in _asked(capture("/lazy", behaviours=(), plugins=("title",)))


def test_scrolling_loads_what_the_browser_loads_lazily(with_only):
    picture = "/image/0000ff-40x20.png"
    assert picture in _asked(with_only("quiet", "scroll"))
    assert picture not in _asked(with_only("quiet", ""))


def test_endless_page_is_followed_to_the_limits(with_only):
    on, off = with_only("endless", "scroll"), with_only("endless", "")
    assert off.text("htmltotext", "htmltotext.txt").count("Section") <= 2
    assert 4 <= on.text("htmltotext", "htmltotext.txt").count("Section") <= 14


def test_endless_page_stops_at_its_height(capture):
    limits = dataclasses.replace(SHORT, height=3000)
    visit = capture("/behaviours/endless", plugins=("htmltotext",), limits=limits)
    assert 2 <= visit.text("htmltotext", "htmltotext.txt").count("Section") <= 4


@pytest.mark.parametrize("page", ["endless", "more_endless", "cookies_again", "cookies_spinning"])
def test_all_together_have_one_budget(capture, page):
    limits = dataclasses.replace(SHORT, behaviours=0.3)
    visit = capture(f"/behaviours/{page}", plugins=("title", "dom"), limits=limits)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert visit.statuses() == {"title": "succeeded", "dom": "succeeded"}
    assert visit.outcome.step_seconds["behaviours"] < 4


def test_more_is_loaded_and_nothing_else_is_clicked(with_only):
    on, off = with_only("more", "more"), with_only("more", "")
    text = on.text("htmltotext", "htmltotext.txt")
    assert "Item 3" in text
    assert "And the rest" in text
    assert "Item 1" not in off.text("htmltotext", "htmltotext.txt")
    asked = _asked(on)
    assert asked.count("/echo?dead") == 1
    assert not [path for path in asked if "sent" in path or "bought" in path or "shared" in path or "article" in path]


def test_more_for_ever_is_clicked_ten_times(with_only):
    assert _asked(with_only("more_endless", "more")).count("/echo?more") == 10


def test_more_that_leads_away_leads_nowhere(with_only, site):
    visit = with_only("more_leaving", "more")
    assert visit.outcome.title == "It stays"
    assert visit.outcome.final_url == site.url("/behaviours/more_leaving")
    assert not [path for path in _asked(visit) if "left" in path]


def test_card_that_opens_in_the_place_of_its_list_is_left_again(with_only, site):
    visit = with_only("more_cards", "more")
    assert "All articles" in visit.text("htmltotext", "htmltotext.txt")
    assert visit.outcome.final_url == site.url("/behaviours/more_cards")


def test_sound_is_played_muted_and_recorded(with_only):
    on, off = (with_only("sounds", name, ("title", "warc")) for name in ("autoplay", ""))
    assert on.outcome.title == "Played muted"
    assert off.outcome.title == "Sounds"
    assert {"/sound.wav", "/sound.wav?in=video"} <= set(_asked(on))
    assert b"audio/wav" in gzip.decompress(on.path("warc", "data.warc.gz").read_bytes())
    assert b"audio/wav" not in gzip.decompress(off.path("warc", "data.warc.gz").read_bytes())


def test_page_that_needs_nothing_is_left_as_it_came(capture):
    plugins = ("dom",)
    assert capture("/plain", plugins=plugins).text("dom", "output.html") == capture(
        "/plain", plugins=plugins, behaviours=()
    ).text("dom", "output.html")
