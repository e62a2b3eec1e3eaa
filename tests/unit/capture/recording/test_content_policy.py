import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.recording.content_policy import relax


@pytest.mark.parametrize(
    ("policy", "relaxed"),
    [
        ("default-src 'self'", "default-src 'self'"),
        ("sandbox", "script-src 'none'; sandbox allow-scripts"),
        ("sandbox allow-scripts; img-src *", "sandbox allow-scripts; img-src *"),
        ("sandbox allow-forms", "script-src 'none'; sandbox allow-forms allow-scripts"),
        ("SANDBOX;script-src *", "script-src 'none'; SANDBOX allow-scripts; script-src *"),
        ("require-trusted-types-for 'script'; trusted-types 'none'; img-src *", "img-src *"),
        ("img-src *, sandbox", "img-src *, script-src 'none'; sandbox allow-scripts"),
        ("sandbox; script-src-elem 'unsafe-inline'", "script-src 'none'; sandbox allow-scripts"),
        (
            "script-src-attr *;Script-Src-Elem\t*; img-src *; sandbox",
            "script-src 'none'; img-src *; sandbox allow-scripts",
        ),
        ("script-src-elem 'self'; sandbox allow-scripts", "script-src-elem 'self'; sandbox allow-scripts"),
        ("sandbox\tallow-forms", "script-src 'none'; sandbox\tallow-forms allow-scripts"),
        ("sandbox allow-scripts; sandbox", "sandbox allow-scripts; sandbox"),
        ("", ""),
    ],
)
def test_only_what_stops_our_scripts_is_changed(policy: str, relaxed: str) -> None:
    assert relax(policy) == relaxed


@given(st.text(max_size=200))
def test_any_header_is_borne_and_relaxed_once(policy: str) -> None:
    once = relax(policy)
    assert relax(once) == once
