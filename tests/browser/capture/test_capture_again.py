"""An unchanged page captured again gives the same bytes, so that they are on disk once."""

import re
import time

import pytest

ALIKE = {
    "title": ["title.txt"],
    "favicon": ["favicon.ico"],
    "screenshot": ["screenshot.jpg", "thumbnail.jpg"],
    "dom": ["output.html"],
    "htmltotext": ["htmltotext.txt"],
    "readability": ["content.html", "content.txt", "article.json"],
    "markdown": ["content.md"],
    "outlinks": ["outlinks.json"],
    "accessibility": ["accessibility.json"],
    "singlefile": ["singlefile.html"],
    "pdf": ["output.pdf"],
}


def _wait_for_another_second():
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.01)


@pytest.mark.parametrize("path", ["/article", "/table", "/workers"])
def test_two_visits_of_a_page_give_the_same_bytes(capture, path):
    first = capture(path, plugins=tuple(ALIKE))
    _wait_for_another_second()  # dates in files are of seconds
    second = capture(path, plugins=tuple(ALIKE))
    made = {(result.plugin, file.path) for result in first.outcome.results for file in result.files}
    assert {("pdf", "output.pdf"), ("singlefile", "singlefile.html"), ("outlinks", "outlinks.json")} <= made
    assert made <= {(plugin, name) for plugin, names in ALIKE.items() for name in names}
    differing = [where for where in made if first.path(*where).read_bytes() != second.path(*where).read_bytes()]
    assert differing == []


def test_the_pdf_still_holds_everything_where_its_table_says(capture):
    document = capture("/table", plugins=("pdf",)).path("pdf", "output.pdf").read_bytes()
    # PDF 1.7, 7.5.4: entries of 20 bytes, the offset of the object in the first ten.
    table = int(re.findall(rb"startxref\s+(\d+)", document)[-1])
    _, count = map(int, document[table:].split(b"\n", 2)[1].split())
    entries = document[table:].split(b"\n", 2)[2]
    in_use = {number: entries[20 * number : 20 * number + 20] for number in range(count)}
    offsets = {number: int(entry[:10]) for number, entry in in_use.items() if entry[17:18] == b"n"}
    assert len(offsets) > 10
    for number, offset in offsets.items():
        assert document[offset:].startswith(b"%d 0 obj" % number)
    assert b"/Headers [(node00000001)]" in document
    assert b"Tables \\(node00000001\\)\\) /CreationDate \\(D:20260101000000+00'00'\\)" in document


def test_singlefile_says_where_it_was_saved_but_not_when(capture, site):
    text = capture("/plain", plugins=("singlefile",)).text("singlefile", "singlefile.html")
    comment = text[text.index("<!--") : text.index("-->")]
    assert f"url: {site.url('/plain')}" in comment
    assert "saved date" not in comment
