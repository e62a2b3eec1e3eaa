"""Audio, video and subtitles of a page are kept; what the recording holds is not asked for again."""

import asyncio
import json
import os
import re
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import imageio_ffmpeg
import pytest

from pagekeep.capture.chromium.launch import NOWHERE
from pagekeep.capture.outputs.media import MAX_MEDIA
from pagekeep.capture.programs.run import workplace
from pagekeep.capture.programs.ytdlp import Wishes, download, download_subtitles
from pagekeep.capture.values import Limits
from testsite.media_routes import ODD_NAMES, PIECES, SUBTITLES, piece, tone

TIMES = {"open": 8.0, "settle": 3.0, "scroll": 1.0, "output": 10.0}
LIMITS = Limits(**TIMES, download=60.0)


@pytest.fixture
def keep_media(capture, tmp_path, monkeypatch):
    """Make the one output of a page, its temporary files below ``tmp_path``; nothing of them may stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "no-ffmpeg"))

    def visit(path, plugins=("media",), limits=LIMITS, **fields):
        return capture(path, plugins=plugins, limits=limits, **fields)

    yield visit
    assert list(tmp_path.glob("pagekeep-program-*")) == []


@pytest.fixture
def with_ffmpeg(tmp_path, monkeypatch):
    """A real ffmpeg under its usual name."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", str(folder))
    return str(folder / "ffmpeg")


def _files(visit):
    return {file.path for file in visit.result("media").files}


def _paths(visit):
    return [seen.path for seen in visit.requests]


def _failed(visit, *words):
    result = visit.result("media")
    assert (result.status, result.files) == ("failed", ())
    for word in words:
        assert word in result.summary


def test_what_the_browser_played_is_taken_from_the_recording(keep_media):
    visit = keep_media("/media/in/page")
    result = visit.result("media")
    assert result.summary == "2 audio, 2 subtitles"
    assert _files(visit) == {"tone.wav", "ranged.wav", "read.en.vtt", "unread.de.vtt", "media.json"}
    for name in ("tone.wav", "ranged.wav"):
        assert visit.path("media", name).read_bytes() == tone()
    for name in ("read.en.vtt", "unread.de.vtt"):
        assert visit.text("media", name) == SUBTITLES
    assert {file.mimetype for file in result.files} == {"audio/wav", "text/vtt", "application/json"}
    agents = {seen.headers.get("Sec-Fetch-Dest") for seen in visit.requests if seen.path.endswith(".wav")}
    assert agents == {"audio", "video"}, "only the browser asked for them"


def test_url_of_a_media_file_is_kept(keep_media):
    visit = keep_media("/media/tone.wav")
    assert visit.result("media").summary == "1 audio"
    assert visit.path("media", "tone.wav").read_bytes() == tone()


def test_media_file_that_static_keeps_is_not_kept_again(keep_media):
    visit = keep_media("/media/tone.wav", ("static", "media"))
    result = visit.result("media")
    assert (result.status, result.summary, result.files) == ("skipped", "The file itself is kept by static.", ())
    assert visit.path("static", "tone.wav").read_bytes() == tone()


def test_url_of_a_playlist_gives_the_playlist_and_the_stream(keep_media):
    visit = keep_media("/media/list.m3u8", ("static", "media"))
    assert visit.text("static", "list.m3u8").startswith("#EXTM3U")
    (entry,) = visit.json("media", "media.json")
    assert visit.path("media", entry["file"]).read_bytes() == b"".join(piece(number) for number in range(PIECES))


def test_media_named_by_the_page_alone_are_kept(keep_media, site):
    visit = keep_media("/media/in/told?secret=1")
    assert visit.result("media").summary == "2 audio"
    assert {"/media/tone.wav?og", "/media/tone.wav?ld"} <= set(_paths(visit))
    assert _files(visit) == {"tone.wav", "tone-2.wav", "media.json"}
    told = {seen.headers.get("Referer") for seen in visit.requests if seen.path.startswith("/media/tone.wav")}
    assert told == {site.url("/")}


@pytest.mark.parametrize(("page", "name"), [("playlist", "list"), ("locked", "locked")])
def test_stream_in_pieces_is_one_file(keep_media, site, page, name):
    visit = keep_media(f"/media/in/{page}")
    (entry,) = visit.json("media", "media.json")
    assert (entry["file"], entry["type"]) == (f"{name}.aac", "audio/aac")
    whole = visit.path("media", entry["file"]).read_bytes()
    assert whole == b"".join(piece(number) for number in range(PIECES))
    assert entry["from"] == "yt-dlp"
    assert entry["webpage_url"] == site.url(f"/media/{name}.m3u8")
    assert set(entry) & {"url", "formats", "http_headers", "cookies"} == set()


@pytest.mark.parametrize("path", ["/media/in/without", "/plain"])
def test_page_without_media_is_skipped_without_a_program(keep_media, path, monkeypatch):
    monkeypatch.setattr("pagekeep.capture.programs.run.asyncio.create_subprocess_exec", None)
    result = keep_media(path).result("media")
    assert (result.status, result.summary) == ("skipped", "The page has no audio or video.")


def test_file_that_is_no_medium_is_skipped(keep_media):
    assert keep_media("/download").result("media").status == "skipped"


def test_media_at_a_private_address_are_refused(keep_media):
    _failed(keep_media("/media/in/private"), "10.255.255.1", "PAGEKEEP_ALLOW_PRIVATE")


def test_one_that_cannot_be_had_does_not_cost_the_others(keep_media):
    visit = keep_media("/media/in/mixed")
    assert visit.result("media").status == "succeeded"
    assert visit.result("media").summary.startswith("1 audio; ")
    assert "10.255.255.1" in visit.result("media").summary
    assert _files(visit) == {"tone.wav", "media.json"}


def test_what_yt_dlp_says_is_told_in_a_sentence(keep_media):
    visit = keep_media("/media/in/gone", behaviours=())
    _failed(visit, "HTTP Error 404: Not Found.")
    summary = visit.result("media").summary
    assert not any(word in summary for word in ("ERROR", "[generic]", "github.com", "report", "caused by"))


def test_what_the_server_refused_to_the_browser_is_not_asked_for_again(keep_media):
    visit = keep_media("/media/in/refused")
    _failed(visit, "The server answered 404 Not Found for ")
    assert _paths(visit).count("/status/404") == 1


def test_nothing_goes_around_the_egress(site, tmp_path):
    """Given a proxy that nobody is behind, no address is reached, not even this host."""
    wishes = Wishes(
        proxy=NOWHERE.replace("socks5:", "socks5h:"), number=9, size=1 << 20, end=time.monotonic() + 60, joins=True
    )
    before = len(site.requests)

    async def scenario():
        async with workplace(tmp_path) as place:
            urls = [site.url(path) for path in ("/media/tone.wav", "/media/list.m3u8", "/media/in/page")]
            media = await download(place, [*urls, site.other_url("/media/tone.wav")], wishes)
            tracks = await download_subtitles(place, {site.url("/media/read.vtt"): "en"}, wishes)
            return media, tracks

    media, tracks = asyncio.run(scenario())
    assert (media.items, tracks.items) == ([], [])
    assert media.problems
    assert site.requests[before:] == []


def test_live_broadcast_is_not_kept(keep_media):
    _failed(keep_media("/media/in/live"), "A live broadcast is not kept.")


def test_endless_stream_costs_no_more_than_its_limits(keep_media):
    size = 3 << 20
    visit = keep_media("/media/in/endless", limits=Limits(**TIMES, download=60.0, download_size=size))
    _failed(visit, f"It is larger than {size} bytes")
    visit = keep_media("/media/in/endless", limits=Limits(**TIMES, download=5.0), behaviours=())
    _failed(visit, "It took longer than 4 seconds.")
    visit = keep_media("/media/in/endless", limits=Limits(**TIMES, download=10.0))
    assert "behaviours" in visit.outcome.step_seconds
    # What the wait for the browser's own download took is not there for yt-dlp, which ends before the output has to.
    assert re.search(r"longer than [1-8] seconds\.$", visit.result("media").summary)


def test_of_a_thousand_media_some_are_kept(keep_media):
    visit = keep_media("/media/in/many")
    assert (
        visit.result("media").summary
        == f"{MAX_MEDIA} audio; {1000 - MAX_MEDIA} more were left out, beyond {MAX_MEDIA}."
    )
    assert len(_files(visit)) == MAX_MEDIA + 1
    assert len({path for path in _paths(visit) if path.startswith("/media/tone.wav")}) == MAX_MEDIA


def test_hostile_names_become_plain_ones(keep_media):
    visit = keep_media("/media/in/odd")
    names = _files(visit) - {"media.json"}
    assert len(names) == len(ODD_NAMES)
    for name in names:
        assert "/" not in name
        assert len(name.encode()) < 120
        assert name.isprintable()
        assert not name.startswith((".", "-"))
        assert set(name) & set("<>\"'\\") == set()
        assert visit.path("media", name).read_bytes() == tone()


@pytest.fixture
def apart(with_ffmpeg, tmp_path):
    """The URL of a DASH manifest whose picture and sound are in files of their own."""
    folder = tmp_path / "apart"
    folder.mkdir()
    quiet = [with_ffmpeg, "-loglevel", "error"]
    video = ["-f", "lavfi", "-i", "testsrc2=size=64x64:duration=1:rate=10", "-c:v", "mpeg4", folder / "picture.mp4"]
    audio = ["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", folder / "sound.m4a"]
    for made in (video, audio):
        subprocess.run([*quiet, *made], check=True)
    (folder / "both.mpd").write_text("""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1S"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="v" codecs="mp4v.20.9" width="64" height="64" bandwidth="9000">
<BaseURL>picture.mp4</BaseURL></Representation></AdaptationSet>
<AdaptationSet mimeType="audio/mp4"><Representation id="a" codecs="mp4a.40.2" bandwidth="9000">
<BaseURL>sound.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>""")
    (folder / "index.html").write_text('<title>Apart</title><video preload="none" src="both.mpd"></video>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


def test_picture_and_sound_are_joined(keep_media, with_ffmpeg, apart, monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(with_ffmpeg))
    visit = keep_media(apart)
    assert visit.result("media").summary == "1 video"
    (entry,) = json.loads(visit.text("media", "media.json"))
    probe = subprocess.run(
        [with_ffmpeg, "-i", visit.path("media", entry["file"])], capture_output=True, text=True, check=False
    )
    assert "Video: mpeg4" in probe.stderr
    assert "Audio: aac" in probe.stderr


def test_without_ffmpeg_picture_and_sound_stay_apart(keep_media, apart, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "no-ffmpeg"))
    visit = keep_media(apart)
    summary = visit.result("media").summary
    assert summary.startswith("1 audio, 1 video; ") or summary.startswith("1 video, 1 audio; ")
    assert "install ffmpeg" in summary
