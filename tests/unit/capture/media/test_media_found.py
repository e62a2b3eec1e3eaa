"""Media are found, recognised and named without any download."""

from datetime import UTC, datetime

import pytest

from pagekeep.capture.media.found import find_media, is_media_page
from pagekeep.capture.media.recorded import find_refusal, find_whole
from pagekeep.capture.media.types import ending_of, file_name, true_ending
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange

SITE = "https://example.org"
NOTHING = {"sources": [], "players": [], "subtitles": [], "streams": False}


def _answer(path, body=b"", *, status=200, kind="Media", mimetype="video/mp4", **headers):
    pairs = (("Content-Type", mimetype), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return Exchange(
        url=f"{SITE}{path}",
        method="GET",
        request_headers=(),
        request_body=b"",
        status=status,
        reason="Found",
        response_headers=pairs,
        body=Body.of(body),
        resource_type=kind,
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _whole(url, exchanges):
    body, mimetype = find_whole(url, exchanges)
    return body.read(), mimetype


def _part(path, start, body, total, **more):
    return _answer(path, body, status=206, content_range=f"bytes {start}-{start + len(body) - 1}/{total}", **more)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=x",
        "https://youtu.be/x",
        "https://www.youtube-nocookie.com/embed/x",
        "https://vimeo.com/123",
        "https://player.vimeo.com/video/123?h=1",
        "https://soundcloud.com/someone/something",
        "https://someone.bandcamp.com/track/x",
        "https://media.ccc.de/v/x",
    ],
)
def test_pages_and_players_of_media_hosts_are_known(url):
    assert is_media_page(url)
    assert find_media(url, [], []).addresses == [url]
    assert find_media(SITE, [NOTHING | {"players": [url]}], []).addresses == [url]


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/",
        "https://www.youtube.com/@someone",
        "https://vimeo.com/about",
        "https://youtube.com.example.org/watch?v=x",
        "https://example.org/?https://youtu.be/x",
        "https://example.org/article",
    ],
)
def test_other_pages_are_not(url):
    assert not is_media_page(url)
    assert find_media(SITE, [NOTHING | {"players": [url]}], []).addresses == []


def test_playlist_is_taken_and_not_the_one_inside_nor_the_pieces():
    master = _answer("/a/list.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nin/low.m3u8\n", kind="XHR", mimetype="")
    inner = _answer("/a/in/low.m3u8", b"#EXTM3U\n0.ts\n", kind="XHR", mimetype="application/x-mpegURL".lower())
    piece = _answer("/a/in/0.ts", b"G", kind="XHR", mimetype="video/mp2t")
    assert find_media(SITE, [NOTHING], [master, inner, piece]).addresses == [f"{SITE}/a/list.m3u8"]


def test_pieces_the_browser_played_are_no_media_of_their_own():
    """A browser that plays HLS by itself asks for everything in ranges."""
    names = b'#EXTM3U\n#EXT-X-MAP:URI="start.mp4"\n0.m4s?a\n//[broken\n'
    playlist = _part("/a/list.m3u8", 0, names, len(names), mimetype="application/vnd.apple.mpegurl")
    pieces = [_part(f"/a/{name}", 0, b"x", 1) for name in ("start.mp4", "0.m4s?a")]
    other = _answer("/a/0.m4s?b", b"y")
    found = find_media(SITE, [NOTHING], [playlist, *pieces, other])
    assert found.addresses == [f"{SITE}/a/0.m4s?b", f"{SITE}/a/list.m3u8"]


def test_what_only_plays_by_script_leads_to_the_page():
    assert find_media(f"{SITE}/p", [NOTHING | {"streams": True}], []).addresses == [f"{SITE}/p"]
    played = _answer("/x.mp4", b"1")
    assert find_media(f"{SITE}/p", [NOTHING | {"streams": True}], [played]).addresses == [f"{SITE}/x.mp4"]


def test_very_long_addresses_are_passed_over():
    assert find_media(SITE, [NOTHING | {"sources": [f"{SITE}/{'x' * 5000}"]}], []).addresses == []


def test_recorded_file_is_found_through_redirects():
    moved = _answer("/old", status=302, Location="/new")
    assert _whole(f"{SITE}/old#t=5", [moved, _answer("/new", b"whole")]) == (b"whole", "video/mp4")
    assert find_whole(f"{SITE}/old", [_answer("/old", status=302, Location="/old")]) is None


def test_ranges_that_cover_a_file_are_put_together():
    parts = [_part("/x", 4, b"efgh", 8), _part("/x", 0, b"abcde", 8)]
    assert _whole(f"{SITE}/x", parts) == (b"abcdefgh", "video/mp4")


@pytest.mark.parametrize(
    "parts",
    [
        [_part("/x", 0, b"abc", 8)],
        [_part("/x", 0, b"abc", 8), _part("/x", 4, b"efgh", 8)],
        [_part("/x", 0, b"abcd", 8, ETag="1"), _part("/x", 4, b"efgh", 8, ETag="2")],
        [_part("/x", 0, b"abcd", 8), _part("/x", 4, b"efgh", 9)],
        [_answer("/x", b"abcd", status=206, content_range="bytes 0-3/*")],
        [_answer("/x", b"abcd", status=206)],
        [],
    ],
)
def test_ranges_with_a_gap_or_of_different_files_are_not(parts):
    assert find_whole(f"{SITE}/x", parts) is None


def test_answer_that_broke_off_is_not_whole():
    answer = _answer("/x", b"abc")
    answer.truncated = "disconnect"
    assert find_whole(f"{SITE}/x", [answer]) is None


def test_refusal_is_the_last_answer():
    assert find_refusal(f"{SITE}/x", [_answer("/x", status=403)]) == f"The server answered 403 Found for {SITE}/x."
    assert find_refusal(f"{SITE}/x", [_answer("/x", status=403), _answer("/x", b"y")]) == ""
    assert find_refusal(f"{SITE}/y", [_answer("/x", status=403)]) == ""


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A talk: on <things>", "A-talk-on-things.mp4"),
        ("../../etc/passwd", "etc-passwd.mp4"),
        ("日本語 のビデオ", "日本語-のビデオ.mp4"),
        ("a\x00b\nc\u202ed", "a-b-c-d.mp4"),
        ("...", "media.mp4"),
        ("", "media.mp4"),
        ("taken", "taken-2.mp4"),
        ("é" * 4000, "é" * 50 + ".mp4"),
    ],
)
def test_file_names_are_plain(title, name):
    assert file_name(title, "mp4", {"taken.mp4"}) == name


@pytest.mark.parametrize(
    ("mimetype", "path", "ending"),
    [
        ("audio/mpeg", "/x", "mp3"),
        ("audio/x-wav", "/x.php", "wav"),
        ("video/mp4", "/x.m4v", "m4v"),
        ("video/mp4", "/x.exe", "mp4"),
        ("video/unheard-of", "/x.mkv", "mkv"),
        ("video/unheard-of", "/x.exe", "bin"),
    ],
)
def test_endings_follow_the_type(mimetype, path, ending):
    assert ending_of(mimetype, f"{SITE}{path}?a=b.c") == ending


@pytest.mark.parametrize(
    ("name", "start", "ending"),
    [
        ("x.mp4", b"G" + bytes(187) + b"G" + bytes(187) + b"G", "ts"),
        ("x.mp4", b"\xff\xf1" + bytes(500), "aac"),
        ("x.m4a", b"ID3" + bytes(500), "aac"),
        ("x.mp4", b"\x00\x00\x00\x18ftypmp42" + bytes(500), "mp4"),
        ("x.mp3", b"ID3" + bytes(500), "mp3"),
        ("x.mp4", b"", "mp4"),
    ],
)
def test_streams_in_pieces_are_called_what_they_are(tmp_path, name, start, ending):
    (tmp_path / name).write_bytes(start)
    assert true_ending(tmp_path / name) == ending
