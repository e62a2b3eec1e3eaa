import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pagekeep.storage.warc import DamagedWarc, WarcResponse, read_responses


def warc(responses: list[tuple[str, str, bytes]], *, gzipped: bool = True) -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzipped)
    writer.write_record(writer.create_warcinfo_record("x.warc.gz", {"software": "test"}))
    for url, content_type, body in responses:
        headers = StatusAndHeaders("200 OK", [("Content-Type", content_type)], protocol="HTTP/1.1")
        record = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers)
        writer.write_request_response_pair(
            writer.create_warc_record(url, "request", http_headers=StatusAndHeaders("GET / HTTP/1.1", [])), record
        )
    return out.getvalue()


def read(data: bytes, step: int = 1000, most: int = 100_000) -> list[WarcResponse]:
    chunks = (data[start : start + step] for start in range(0, len(data), step))
    return list(read_responses(chunks, lambda content_type: content_type.startswith("text/html"), most))


PAGES = [
    ("https://a.test/", "text/html; charset=utf-8", b"<p>one</p>"),
    ("https://a.test/x.png", "image/png", b"\x89PNG" * 50_000),
    ("https://a.test/two", "Text/HTML", b"two " * 100_000),
    ("https://a.test/empty", "text/html", b""),
]


@pytest.mark.parametrize("gzipped", [True, False])
@pytest.mark.parametrize("step", [1, 7, 1_000_000])
def test_the_wanted_responses_are_read_whole_or_cut(gzipped: bool, step: int) -> None:
    pages = PAGES if step > 1 else [PAGES[0], PAGES[3]]
    found = read(warc(pages, gzipped=gzipped), step)
    assert [(one.url, one.body) for one in found] == [
        (url, body[:100_000]) for url, kind, body in pages if kind.lower().startswith("text/html")
    ]
    assert found[0].content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("cut", [400, 900])
def test_of_a_cut_file_the_whole_records_are_read(cut: int) -> None:
    data = warc([PAGES[0]] * 3)
    responses = read_responses([data[:-cut]], lambda _: True)
    assert next(responses).body == b"<p>one</p>"
    with pytest.raises(DamagedWarc):
        list(responses)


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_warc_or_damaged(data: bytes) -> None:
    with contextlib.suppress(DamagedWarc):
        read(data)


@given(st.data())
def test_a_warc_with_changed_bytes_is_a_warc_or_damaged(data: st.DataObject) -> None:
    whole = bytearray(warc(PAGES[:1], gzipped=False))
    for place in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=20)):
        whole[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DamagedWarc):
        read(bytes(whole))
