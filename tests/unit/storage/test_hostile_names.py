import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pagekeep.domain.errors import BadInput
from pagekeep.storage.names import MAX_NAME_BYTES, RECIPE_SUFFIX, check_path, check_plugin

HOSTILE = [
    "",
    "/etc/passwd",
    "..",
    "../x",
    "a/../../x",
    "a//b",
    "a/",
    "./a",
    "a/.",
    "a\\b",
    "..\\x",
    "nul\0",
    "line\nbreak",
    "del\x7f",
    "c1\x85",
    "half\ud800",
    "é" * 128,
    "/".join("a" * 40),
    ".files.jsonl",
    ".FILES.jsonl",
    "x.pack.json",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths_are_refused(path: str) -> None:
    with pytest.raises(BadInput, match="file name"):
        check_path(path)
    with pytest.raises(BadInput):
        check_plugin(path)


@pytest.mark.parametrize("plugin", [".hidden", "a/b"])
def test_a_plugin_is_one_visible_folder(plugin: str) -> None:
    with pytest.raises(BadInput):
        check_plugin(plugin)


@pytest.mark.parametrize("path", ["screenshot.jpg", "a/b/c.html", "日本語.pdf", "...", "a b", "é" * 127, "C:x", "~"])
def test_ordinary_names_are_taken_as_they_are(path: str) -> None:
    assert "/".join(check_path(path)) == path


def test_an_ending_added_later_must_fit() -> None:
    name = "a" * (MAX_NAME_BYTES - len(RECIPE_SUFFIX))
    assert check_path(name, spare=len(RECIPE_SUFFIX)) == (name,)
    with pytest.raises(BadInput):
        check_path(name + "a", spare=len(RECIPE_SUFFIX))


@given(st.text(alphabet=st.sampled_from("./\\\0a~\n…") | st.characters(), max_size=40))
@example("a/..")
def test_an_accepted_path_stays_inside_its_folder(path: str) -> None:
    try:
        parts = check_path(path)
    except BadInput:
        return
    base = "/base/folder"
    joined = os.path.normpath(os.path.join(base, *parts))
    assert joined == f"{base}/{path}"
    assert all(0 < len(os.fsencode(part)) <= 255 for part in parts)
