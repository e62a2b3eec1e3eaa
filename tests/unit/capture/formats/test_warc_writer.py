"""WARC records read back by another program are what was written, whatever a server sent."""

import base64
import gzip
import hashlib
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from pagekeep.capture.formats.warc_writer import WarcWriter, new_response, request_head, response_head
from pagekeep.capture.recording.body import Body
from pagekeep.capture.recording.exchange import Exchange

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
INJECTED = "x\r\nSet-Cookie: stolen=1\r\n\r\nWARC/1.1\r\nWARC-Type: response"

names = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
values = st.one_of(st.text(st.characters(codec="utf-8"), max_size=50), st.just(INJECTED))
headers = st.lists(st.tuples(names, values), max_size=8).map(tuple)
# As the browser tells them: spaces and controls are percent-encoded (WHATWG URL, section 1.3).
printable = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#")
urls = st.builds(
    lambda path, query: f"http://example.com/{path}" + (f"?{query}" if query else ""),
    st.text(printable, max_size=30),
    st.text(printable, max_size=30),
)


def _exchange(**fields):
    values = {
        "url": "http://example.com/",
        "method": "GET",
        "request_headers": (),
        "request_body": b"",
        "status": 200,
        "reason": "OK",
        "response_headers": (),
        "body": Body(),
        "resource_type": "Document",
        "time": MOMENT,
    }
    if isinstance(fields.get("body"), bytes):
        fields["body"] = Body.of(fields["body"])
    return Exchange(**(values | fields))


def _write(*exchanges):
    writer = WarcWriter("data.warc.gz")
    parts = list(writer.info(MOMENT, {"software": "Pagekeep/1\r\nevil: yes"}))
    for exchange in exchanges:
        record = new_response(exchange)
        parts.extend(writer.response(exchange, "192.0.2.1", record))
        parts.extend(writer.request(exchange, "192.0.2.1", record))
    return b"".join(parts), writer.index


def _read(data):
    found = []
    for record in ArchiveIterator(io.BytesIO(data), check_digests="raise"):
        found.append((record.rec_type, record.rec_headers, record.http_headers, record.content_stream().read()))
    return found


@given(
    response=headers,
    request=headers,
    body=st.binary(max_size=300),
    sent=st.binary(max_size=100),
    status=st.sampled_from([200, 206, 301, 404, 500, 599]),
    reason=values,
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    url=urls,
)
def test_records_survive_whatever_a_server_sends(response, request, body, sent, status, reason, method, url):
    exchange = _exchange(
        url=url,
        method=method,
        request_headers=request,
        request_body=sent,
        status=status,
        reason=reason,
        response_headers=response,
        body=body,
    )
    data, index = _write(exchange)
    found = _read(data)
    assert [kind for kind, *_ in found] == ["warcinfo", "response", "request"]
    _, warc, http, payload = found[1]
    assert payload == body
    assert http.get_statuscode() == str(status)
    assert (
        warc.get_header("WARC-Payload-Digest") == "sha256:" + base64.b32encode(hashlib.sha256(body).digest()).decode()
    )
    assert found[2][3] == sent
    assert len(index) == 1
    kept = [name.lower() for name, _ in http.headers]
    announced = {"content-encoding", "transfer-encoding", "content-length"}
    assert kept == [name.lower() for name, _ in response if name.lower() not in announced] + ["content-length"]


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=6))
def test_index_points_at_gzip_members(bodies):
    exchanges = [_exchange(url=f"http://example.com/{turn}", body=body) for turn, body in enumerate(bodies)]
    data, index = _write(*exchanges)
    assert len(index) == len(bodies)
    for line, exchange in zip(index, exchanges, strict=True):
        offset, length = int(line.fields["offset"]), int(line.fields["length"])
        record = gzip.decompress(data[offset : offset + length])
        assert record.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
        assert f"WARC-Target-URI: {exchange.url}\r\n".encode() in record
        assert record.endswith(exchange.body.read() + b"\r\n\r\n")


def test_injected_header_lines_stay_in_their_value():
    exchange = _exchange(response_headers=(("X-Note", INJECTED),), request_headers=(("X-Mine", INJECTED),))
    assert b"\r\nSet-Cookie" not in response_head(exchange)
    assert b"\r\nSet-Cookie" not in request_head(exchange)
    assert response_head(exchange).count(b"\r\n\r\n") == 1


def test_line_break_in_a_header_name_makes_no_line():
    assert b"\r\nSet-Cookie" not in response_head(_exchange(response_headers=(("X\r\nSet-Cookie", "1"),)))


def test_secrets_in_the_address_are_not_written_as_host():
    assert b"secret" not in request_head(_exchange(url="http://me:secret@example.com/x"))


def test_answer_to_head_keeps_the_length_it_announced():
    head = response_head(_exchange(method="HEAD", response_headers=(("Content-Length", "1234"),)))
    assert b"Content-Length: 1234\r\n" in head


def test_answer_without_body_by_definition_announces_none():
    assert b"Content-Length" not in response_head(_exchange(status=204))


def test_request_line_holds_path_and_query_and_a_host():
    head = request_head(_exchange(url="http://example.com:8080?a=1"))
    assert head == b"GET /?a=1 HTTP/1.1\r\nHost: example.com:8080\r\n\r\n"


def test_cut_body_is_marked():
    data, _ = _write(_exchange(truncated="length"))
    assert _read(data)[1][1].get_header("WARC-Truncated") == "length"


def test_revisit_refers_to_the_record_that_holds_its_payload():
    first, again = _exchange(body=b"same" * 1000), _exchange(body=b"same" * 1000, response_headers=(("X-Now", "2"),))
    writer, earlier = WarcWriter("data.warc.gz"), new_response(first)
    data = b"".join(
        [*writer.response(first, None, earlier), *writer.revisit(again, None, new_response(again), earlier)]
    )
    (_, whole, _, payload), (kind, warc, http, nothing) = _read(data)
    assert (kind, nothing, http.get_header("X-Now")) == ("revisit", b"", "2")
    assert payload == b"same" * 1000
    for name in ("Record-ID", "Target-URI", "Date"):
        refers = "WARC-Refers-To" + ("" if name == "Record-ID" else f"-{name}")
        assert warc.get_header(refers) == whole.get_header(f"WARC-{name}")
    assert warc.get_header("WARC-Payload-Digest") == whole.get_header("WARC-Payload-Digest")
    assert [line.fields["mime"] for line in writer.index] == ["unk", "warc/revisit"]


def test_body_larger_than_memory_is_written_from_its_file():
    body = b"0123456789abcdef" * 200_000
    data, _ = _write(_exchange(body=body))
    assert _read(data)[1][3] == body


def test_date_has_the_fraction_of_the_second_and_the_zone():
    data, index = _write(_exchange())
    assert _read(data)[1][1].get_header("WARC-Date") == "2026-01-02T03:04:05.678901Z"
    assert str(index[0]).startswith("com,example)/ 20260102030405 {")


@given(urls)
def test_index_line_is_one_line_with_three_fields(url):
    _, index = _write(_exchange(url=url))
    line = str(index[0])
    assert line.endswith("}\n")
    assert line.count("\n") == 1
    assert line.isascii()
    assert line.split(" ")[1] == "20260102030405"


def test_posts_of_one_address_have_keys_of_their_own():
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    posts = [_exchange(method="POST", request_headers=form, request_body=body) for body in (b"a=1", b"a=2")]
    _, index = _write(_exchange(), *posts)
    assert len({line.key for line in index}) == 3
