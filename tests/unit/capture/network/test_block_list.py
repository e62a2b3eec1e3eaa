"""Lists of hosts to block: every format, whatever else stands in them."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.network.block_list import BlockList, parse_block_list, read_block_list
from pagekeep.domain.errors import BadInput

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAINS = st.builds(
    lambda labels, top: ".".join([*labels, top]), st.lists(LABELS, min_size=1, max_size=4), st.just("test")
)
WRITTEN = st.sampled_from(
    ["{}", "||{}^", "0.0.0.0 {}", "127.0.0.1\t{}", ":: {}", "  {}  ", "{} # why", "0.0.0.0 {} #x"]
)
UNUSED = st.sampled_from(
    [
        "@@||{}^",
        "||{}^$third-party",
        "||{}/ads/",
        "{}##.banner",
        "##.{}",
        "#@#.{}",
        "/{}/",
        "|https://{}|",
        "10.0.0.1 {}",
        "*.{}",
        "two words {}",
    ]
)
COMMENTS = st.sampled_from(["", "# {}", "! ||{}^", "[Adblock Plus 2.0]", "#{}", "   "])


@given(
    st.lists(st.tuples(DOMAINS, WRITTEN)), st.lists(st.tuples(DOMAINS, UNUSED)), st.lists(st.tuples(DOMAINS, COMMENTS))
)
def test_each_format_is_read_and_the_rest_is_counted(
    used: list[tuple[str, str]], unused: list[tuple[str, str]], comments: list[tuple[str, str]]
) -> None:
    found = parse_block_list(form.format(domain) for domain, form in [*used, *unused, *comments])
    assert found.domains == {domain for domain, _ in used}
    assert found.unused == len(unused)


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_text_is_read_without_error_into_names_that_can_be_asked_for(lines: list[str]) -> None:
    found = parse_block_list(lines)
    assert found.unused <= len(lines)
    for domain in found.domains:
        assert domain == domain.lower()
        assert "." in domain.strip(".")
        assert found.covers(domain)
        assert found.covers(f"www.{domain.upper()}.")


@given(st.sets(DOMAINS, min_size=1), DOMAINS)
def test_a_host_is_covered_by_itself_and_the_domains_above_it_only(listed: set[str], host: str) -> None:
    above = {host[at:] for at in range(len(host)) if at == 0 or host[at - 1] == "."}
    assert BlockList(frozenset(listed)).covers(host) == bool(above & listed)


@pytest.mark.parametrize(
    "line", ["0.0.0.0 localhost", "0.0.0.0 0.0.0.0", "127.0.0.1", "||com^", "||127.0.0.1^", "::1 ip6-localhost", "com"]
)
def test_machines_of_ones_own_and_whole_top_levels_are_not_blocked(line: str) -> None:
    assert parse_block_list([line]) == BlockList(frozenset(), 1)


def test_names_are_compared_as_browsers_write_them() -> None:
    found = parse_block_list(["||Tracker.MÜNCHEN.example^", "0.0.0.0 one.example two.example"])
    assert found.domains == {"tracker.xn--mnchen-3ya.example", "one.example", "two.example"}
    assert found.covers("tracker.münchen.example")
    assert not found.covers("münchen.example")


def test_a_file_is_read_once_for_each_version(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("\ufeffone.example\r\n", encoding="utf-8")
    first = read_block_list(path)
    assert first.domains == {"one.example"}
    assert read_block_list(str(path)) is first
    path.write_text("two.example\n")
    os.utime(path, ns=(1, 1))
    assert read_block_list(path).domains == {"two.example"}


@pytest.mark.parametrize("content", [None, b"", b"# nothing\n", b"##.banner\n", b"\x00\xff\xfe"])
def test_a_file_without_a_usable_line_names_its_setting(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"PAGEKEEP_BLOCK_LIST names .*list\.txt"):
        read_block_list(path)


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="PAGEKEEP_BLOCK_LIST"):
        read_block_list(tmp_path)
