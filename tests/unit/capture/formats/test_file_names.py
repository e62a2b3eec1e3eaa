"""Names that strangers chose stay one plain component, short enough for every file system."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pagekeep.capture.formats.file_names import LONGEST, file_name
from pagekeep.storage.names import check_path

hostile = st.text(st.one_of(st.characters(), st.sampled_from("/\\.:\"'%;=\0\n ")), max_size=300)


@given(hostile, hostile, st.sampled_from(["", "application/pdf", "text/html", "x/y"]))
@example('attachment; filename=".files.jsonl"', "", "")
@example('attachment; filename="x.pack.json"', "", "")
@example("attachment; filename*=no-such-charset''%ff", "", "")
def test_every_name_is_one_the_storage_takes(disposition, path, mimetype):
    name = file_name(disposition, f"http://example.com/{path}", mimetype)
    assert check_path(name) == (name,)
    assert len(name.encode()) <= LONGEST
    assert not name.startswith(".")


@pytest.mark.parametrize(
    ("disposition", "url", "mimetype", "name"),
    [
        ("", "https://example.com/papers/On%20Light.pdf?download=1", "application/pdf", "On_Light.pdf"),
        ("", "https://example.com/", "application/pdf", "file.pdf"),
        ("", "https://example.com/v1.2/report", "text/plain", "report.txt"),
        ("", "https://example.com/release-1.2", "application/zip", "release-1.2"),
        ("", "https://example.com/a.b-c", "application/zip", "a.b-c.zip"),
        ('attachment; filename="a \\"b\\".txt"', "", "", "a_b_.txt"),
        ("inline; FILENAME=plain.txt", "", "", "plain.txt"),
        ("attachment; filename=plain.txt; filename*=UTF-8''na%C3%AFve.txt", "", "", "naïve.txt"),
        ('attachment; filename="C:\\\\temp\\\\x.doc"', "", "", "x.doc"),
        ("attachment", "https://example.com/x.bin", "", "x.bin"),
    ],
)
def test_name_is_the_header_s_or_the_address_s(disposition, url, mimetype, name):
    assert file_name(disposition, url, mimetype) == name
