"""Who the browser is to a site: every setting reaches pages, frames, workers and requests; secrets go nowhere else."""

import asyncio
import gzip
import html
import io
import json
import re
import zipfile

import pytest
from PIL import Image

from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.identity import Identity, identity_of
from pagekeep.domain.site_storage import SiteStorage

LIMITS = Limits(open=15.0, settle=8.0, scroll=2.0, output=30.0)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
TRAVELLER = identity_of(
    {
        "user_agent": WINDOWS,
        "viewport_size": "800x600",
        "viewport_device_scale_factor": 2,
        "color_scheme": "dark",
        "language": "de-DE",
        "timezone": "Asia/Tokyo",
        "geolocation": {"latitude": 1.5, "longitude": -2.5, "accuracy": 30},
    }
)
SECRET = b"s3cret"


def _unpacked(data):
    """Return data with what is packed in it."""
    if data[:2] == b"\x1f\x8b":
        return data + _unpacked(gzip.decompress(data))
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return data + b"".join(_unpacked(packed.read(name)) for name in packed.namelist())
    return data


def _kept(visit):
    """Return every kept file by its path, unpacked."""
    files = (file for file in visit.folder.rglob("*") if file.is_file())
    return {str(file.relative_to(visit.folder)): _unpacked(file.read_bytes()) for file in files}


def _seen(visit):
    """Return what the page told of its browser."""
    assert visit.outcome.succeeded, visit.outcome.reason
    found = re.search(r'<pre id="seen".*?>(.*?)</pre>', visit.text("dom", "output.html"))
    return json.loads(html.unescape(found[1]))


def _cookies(visit, path):
    return [seen.headers.get("Cookie", "") for seen in visit.requests if seen.path.startswith(path)]


def _member(name, **fields):
    return Cookie("member", f"{name}-s3cret-value", "127.0.0.1", http_only=True, **fields)


@pytest.fixture(scope="module")
def travelled(capture):
    return capture("/identity", plugins=("dom", "favicon", "screenshot", "pdf"), identity=TRAVELLER, limits=LIMITS)


@pytest.fixture(scope="module")
def plain(capture):
    return capture("/identity", plugins=("dom",), limits=LIMITS)


def test_page_sees_every_setting(travelled):
    seen = _seen(travelled)
    assert (seen["width"], seen["height"], seen["scale"], seen["touch"]) == (800, 600, 2, 0)
    assert (seen["dark"], seen["place"]) == (True, [1.5, -2.5, 30])


@pytest.mark.parametrize("who", ["page", "frame", "worker", "shared", "service"])
def test_pages_frames_and_workers_see_the_same(travelled, who):
    seen = _seen(travelled) if who == "page" else _seen(travelled)[who]
    assert (seen["userAgent"], seen["platform"]) == (WINDOWS, "Win32")
    assert "Google Chrome" in seen["brands"]
    assert (seen["language"], seen["languages"]) == ("de-DE", ["de-DE", "de"])
    assert (seen["zone"], seen["locale"]) == ("Asia/Tokyo", "de-DE")


def test_frames_of_other_sites_see_the_colour_scheme(travelled):
    assert _seen(travelled)["frame"]["dark"]


def test_every_request_says_the_same(travelled):
    asked = {seen.path for seen in travelled.requests}
    assert {"/identity/service.js", "/identity/shared.js", "/identity/worker.js", "/favicon.ico"} <= asked
    assert {f"/identity/asks?who={who}" for who in ("page", "frame", "worker", "shared", "service")} <= asked
    told = {
        (seen.path, seen.headers.get("User-Agent"), seen.headers.get("Accept-Language")) for seen in travelled.requests
    }
    assert {(path, WINDOWS, "de-DE,de;q=0.9") for path in asked} == told


def test_hints_go_with_the_user_agent(travelled):
    (page,) = [seen for seen in travelled.requests if seen.path == "/identity"]
    assert (page.headers["sec-ch-ua-platform"], page.headers["sec-ch-ua-mobile"]) == ('"Windows"', "?0")
    assert '"Google Chrome";v="140"' in page.headers["sec-ch-ua"]


def test_without_an_identity_the_browser_is_itself(plain):
    seen = _seen(plain)
    assert (seen["width"], seen["height"], seen["scale"], seen["dark"]) == (1440, 900, 1, False)
    assert (seen["languages"], seen["local"], seen["place"]) == (["en-US", "en"], {}, 1)  # 1: it may not be known
    for who in ("worker", "shared", "service", "frame"):
        assert seen[who]["userAgent"] == seen["userAgent"]
    assert {seen.headers.get("Cookie") for seen in plain.requests} == {None}
    assert {seen.headers.get("Accept-Language") for seen in plain.requests} == {"en-US,en;q=0.9"}


def test_screenshot_has_the_pixels_of_the_screen(travelled):
    assert travelled.result("screenshot").summary == "800 × 600 px, at 2 pixels each"
    with Image.open(travelled.path("screenshot", "screenshot.jpg")) as picture:
        assert picture.size == (1600, 1200)


def test_tall_pages_have_fewer_pixels_rather_than_none(capture):
    sharp = identity_of({"viewport_size": "1000x800", "viewport_device_scale_factor": 4})
    visit = capture("/tall", plugins=("screenshot",), identity=sharp, limits=LIMITS)
    assert visit.result("screenshot").status == "succeeded", visit.result("screenshot").summary
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as picture:
        assert 1000 <= picture.width < 4000
        assert picture.height <= 16_000


def test_a_telephone_is_one(capture):
    phone = identity_of({"user_agent": PHONE, "viewport_size": "390x844", "viewport_device_scale_factor": 3})
    visit = capture("/identity", plugins=("dom", "screenshot"), identity=phone, limits=LIMITS)
    seen = _seen(visit)
    assert (seen["width"], seen["scale"], seen["touch"], seen["platform"]) == (390, 3, 5, "Linux armv81")
    (page,) = [one for one in visit.requests if one.path == "/identity"]
    assert page.headers["sec-ch-ua-mobile"] == "?1"
    with Image.open(visit.path("screenshot", "screenshot.jpg")) as picture:
        assert picture.width == 1170


def test_a_file_is_asked_for_as_the_identity(capture):
    identity = identity_of({"language": "fr"})
    visit = capture("/identity/report.pdf", plugins=("static",), identity=identity, limits=LIMITS)
    assert visit.outcome.succeeded, visit.outcome.reason
    assert {seen.headers["Accept-Language"] for seen in visit.requests} == {"fr"}


def test_a_time_zone_the_browser_does_not_know_is_told(capture):
    with pytest.raises(Exception, match=r"does not know the time zone 'Mars/Crater'"):
        capture("/plain", plugins=("title",), identity=Identity(timezone="Mars/Crater"), limits=LIMITS)


def test_cookies_go_to_their_hosts_and_paths_only(capture, site):
    brought = (
        _member("alice"),
        Cookie("deep", "deep", "127.0.0.1", path="/identity/asks"),
        Cookie("locked", "locked", "127.0.0.1", secure=True),
        Cookie("old", "old", "127.0.0.1", expires=1),
        Cookie("kept", "kept", "127.0.0.1", expires=4102444800),
        Cookie("there", "there", "localhost"),
        Cookie("below", "below", "example.com", host_only=False),
    )
    visit = capture("/identity", plugins=("dom",), identity=Identity(cookies=brought), limits=LIMITS)
    assert _cookies(visit, "/identity/frame") == [""]  # inside another site
    (page,) = [seen.headers["Cookie"] for seen in visit.requests if seen.path == "/identity"]
    # What comes from this machine is taken for as safe as TLS.
    assert page == "member=alice-s3cret-value; locked=locked; kept=kept"
    assert set(_cookies(visit, "/identity/asks?who=page")) == {f"deep=deep; {page}"}


def test_cookies_do_not_follow_a_redirect_to_another_host(capture, site):
    brought = (_member("alice"), Cookie("there", "there", "localhost"))
    away = f"/identity/away?to={site.other_url('/plain')}"
    visit = capture(away, plugins=("title", "warc", "redirects"), identity=Identity(cookies=brought), limits=LIMITS)
    assert _cookies(visit, "/identity/away") == ["member=alice-s3cret-value"]
    assert [(seen.port, seen.headers.get("Cookie")) for seen in visit.requests if seen.path == "/plain"] == [
        (site.other_port, "there=there")
    ]
    assert b"renewed-s3cret" not in b"".join(_kept(visit).values())


def test_a_cookie_the_browser_refuses_costs_no_other(capture):
    bad = Cookie("__Host-x", "x", "127.0.0.1", host_only=False, path="/deep")
    others = [Cookie(f"c{number}", "x", f"h{number}.example") for number in range(1000)]
    brought = (*others[:300], bad, *others[300:], _member("alice"))
    visit = capture("/plain", plugins=("title",), identity=Identity(cookies=brought), limits=LIMITS)
    assert _cookies(visit, "/plain") == ["member=alice-s3cret-value"]


@pytest.fixture(scope="module")
def logged_in(site):
    return Identity(
        cookies=(_member("alice"), Cookie("script", "alice-script-s3cret", "127.0.0.1")),
        storage=(SiteStorage(site.url(""), {"token": "alice-stored-s3cret"}),),
        owner="alice",
    )


def test_nothing_of_the_secrets_is_kept(capture, logged_in):
    visit = capture("/identity/members", identity=logged_in, limits=LIMITS)
    assert visit.outcome.title == "Members"
    kept = _kept(visit)
    assert b"Hello alice" in kept["dom/output.html"]
    assert {"warc/data.warc.gz", "har/har.json", "headers/headers.json", "wacz/archive.wacz"} <= set(kept)
    assert [path for path, data in kept.items() if SECRET in data] == []
    assert b"member=redacted" in kept["warc/data.warc.gz"]


def test_scripts_use_what_the_site_has_stored(capture, logged_in):
    visit = capture("/identity/members", plugins=("dom",), identity=logged_in, limits=LIMITS)
    (beacon,) = [seen for seen in visit.requests if "who=beacon" in seen.path]
    assert beacon.body == b"token=alice-script-s3cret"
    assert beacon.path.endswith("value=alice-script-s3cret")


def test_what_a_site_renews_stays_until_the_end(capture, logged_in):
    """Outputs are made from a recording without cookies; what they still ask for has them."""
    visit = capture("/identity/members", plugins=("favicon", "singlefile"), identity=logged_in, limits=LIMITS)
    (icon,) = _cookies(visit, "/favicon.ico")
    assert "member=renewed-s3cret-value" in icon


def test_secrets_are_kept_where_asked_for(capture, logged_in):
    keeping = Secrecy(credentials=True)
    visit = capture("/identity/members", plugins=("warc",), identity=logged_in, secrecy=keeping, limits=LIMITS)
    assert b"member=alice-s3cret-value" in b"".join(_kept(visit).values())


def test_storage_is_there_before_the_page_and_for_its_site_only(capture, site):
    storage = (
        SiteStorage(site.url(""), {"token": "here", "__proto__": "odd"}, {"step": "2"}),
        SiteStorage(site.other_url(""), {"token": "there"}),
    )
    visit = capture("/identity", plugins=("dom",), identity=Identity(storage=storage), limits=LIMITS)
    seen = _seen(visit)
    assert (seen["first"]["token"], seen["local"]["token"], seen["session"]) == ("here", "here", {"step": "2"})
    assert seen["frame"]["stored"] == 0


def test_visits_at_once_do_not_mix(engine, loop_thread, site, tmp_path, capture):
    sink = type(capture("/plain", plugins=("title",)).watcher)
    people = {
        name: Identity(
            languages=(language,),
            timezone=zone,
            cookies=(_member(name),),
            storage=(SiteStorage(site.url(""), {"token": name}),),
        )
        for name, language, zone in (("alice", "de", "Asia/Tokyo"), ("bob", "fr", "America/New_York"))
    }
    folders = {name: tmp_path / name for name in people}
    folder_sink = capture.func.__globals__["FolderSink"]

    async def both():
        return await asyncio.gather(
            *(
                engine.capture(
                    CaptureRequest(
                        site.url(f"/identity?{name}"),
                        plugins=("dom",),
                        allow_private=("127.0.0.0/8",),
                        identity=identity,
                        limits=LIMITS,
                    ),
                    folder_sink(folders[name]),
                    sink(),
                )
                for name, identity in people.items()
            )
        )

    before = len(site.requests)
    outcomes = loop_thread.run(both())
    assert all(outcome.succeeded for outcome in outcomes)
    for name, identity in people.items():
        text = (folders[name] / "dom" / "output.html").read_text()
        seen = json.loads(html.unescape(re.search(r'<pre id="seen".*?>(.*?)</pre>', text)[1]))
        assert (seen["languages"], seen["zone"], seen["local"]) == (
            [*identity.languages],
            identity.timezone,
            {"token": name},
        )
    sent = {(seen.headers["Accept-Language"], seen.headers.get("Cookie", "")) for seen in site.requests[before:]}
    assert {pair for pair in sent if pair[1]} == {
        ("de", "member=alice-s3cret-value"),
        ("fr", "member=bob-s3cret-value"),
    }


def test_records_are_shared_with_the_same_persona_only(engine, loop_thread, site, tmp_path, capture):
    folder_sink, watcher = (capture.func.__globals__[name] for name in ("FolderSink", "Watcher"))
    known = {}

    def visit(number, name, owner):
        identity = Identity(cookies=(_member(name),), owner=owner)
        url = site.url("/identity/members")
        request = CaptureRequest(url, ("warc",), allow_private=("127.0.0.0/8",), identity=identity, limits=LIMITS)
        folder = tmp_path / str(number)
        outcome = loop_thread.run(engine.capture(request, folder_sink(folder, known), watcher()))
        assert outcome.succeeded, outcome.reason
        return {file.name for file in (folder / "warc").glob("*.warc.gz")} - {"data.warc.gz"}

    first = visit(1, "alice", "one")
    assert first
    assert visit(2, "alice", "one") == first
    assert not visit(3, "alice", "two") & first  # the same page, another's answer
    assert visit(4, "alice", "") == set()


def test_media_are_asked_for_with_the_cookies(capture, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    identity = Identity(user_agent="Keeper/1", languages=("fr",), cookies=(_member("alice"),))
    visit = capture("/identity/film", plugins=("media", "warc"), identity=identity, limits=LIMITS)
    assert visit.result("media").summary == "1 audio"
    asked = [seen for seen in visit.requests if seen.path == "/identity/film.wav"]
    assert {(seen.headers["Cookie"], seen.headers["Accept-Language"]) for seen in asked} == {
        ("member=alice-s3cret-value", "fr")
    }
    assert SECRET not in b"".join(_kept(visit).values())
    assert list(tmp_path.glob("pagekeep-program-*")) == []
