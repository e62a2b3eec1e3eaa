import json
import math
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.domain.errors import EnvironmentProblem, NotFound
from pagekeep.domain.ids import new_id
from pagekeep.domain.results import Result, StoredFile
from pagekeep.domain.status import ResultStatus, SnapshotStatus
from pagekeep.storage import manifest
from pagekeep.storage.manifest import Manifest
from pagekeep.storage.recipe import PackedMember

TEXT = st.text(max_size=30)
TIMES = st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=45)))).filter(
    lambda moment: 1 < moment.year < 9999
)
COUNTS = st.integers(0, 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
FILES = st.builds(StoredFile, path=TEXT, size=COUNTS, sha256=TEXT, mimetype=TEXT)
RESULTS = st.builds(
    Result,
    plugin=TEXT,
    status=st.sampled_from(ResultStatus),
    summary=TEXT,
    started_at=TIMES,
    ended_at=TIMES,
    files=st.lists(FILES, max_size=3, unique_by=lambda file: file.path).map(tuple),
    details=st.dictionaries(TEXT, JSON, max_size=3),
)
MEMBERS = st.builds(PackedMember, name=TEXT, path=TEXT, size=COUNTS, sha256=TEXT, crc32=st.integers(0, 2**32 - 1))


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    results = draw(st.lists(RESULTS, max_size=3, unique_by=lambda result: result.plugin.partition("/")[0]).map(tuple))
    names = [f"{result.plugin}/{file.path}" for result in results for file in result.files]
    packed = {name: draw(st.lists(MEMBERS, max_size=2).map(tuple)) for name in names if draw(st.booleans())}
    return Manifest(
        snapshot_id=new_id(),
        url=draw(TEXT),
        final_url=draw(st.none() | TEXT),
        title=draw(st.none() | TEXT),
        response_status=draw(st.none() | COUNTS),
        status=draw(st.sampled_from(SnapshotStatus)),
        reason=draw(TEXT),
        created_at=draw(TIMES),
        started_at=draw(st.none() | TIMES),
        ended_at=draw(st.none() | TIMES),
        tags=draw(st.lists(TEXT, max_size=3).map(tuple)),
        results=results,
        packed=packed,
    )


SMALL = Manifest(new_id(), "https://example.com/", SnapshotStatus.SUCCEEDED, datetime(2026, 1, 2, 3, 4, tzinfo=UTC))


@given(manifests())
def test_a_manifest_comes_back_as_it_was_written(value: Manifest) -> None:
    data = manifest.to_json(value)
    assert manifest.from_json(data) == value
    assert manifest.to_json(manifest.from_json(data)) == data


def test_it_is_json_with_sorted_keys_and_times_in_utc(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    manifest.write(tmp_path, SMALL, tmp_path / "work")
    text = (tmp_path / "manifest.json").read_text()
    known = json.loads(text)
    assert list(known) == sorted(known)
    assert text.startswith('{\n  "created_at": "2026-01-02T03:04:00Z",\n')
    assert known["version"] == 1
    assert manifest.read(tmp_path) == SMALL
    assert list((tmp_path / "work").iterdir()) == []


def test_half_a_surrogate_pair_in_a_title_survives() -> None:
    odd = Manifest(SMALL.snapshot_id, SMALL.url, SMALL.status, SMALL.created_at, title="a\ud800b")
    assert manifest.from_json(manifest.to_json(odd)) == odd


def test_what_is_no_json_or_has_no_time_zone_is_refused_when_written() -> None:
    now = datetime.now(UTC)
    bad = Result("x", ResultStatus.SUCCEEDED, "", now, now, details={"ratio": math.nan})
    with pytest.raises(ValueError, match="JSON"):
        manifest.to_json(Manifest(SMALL.snapshot_id, "", SMALL.status, now, results=(bad,)))
    with pytest.raises(ValueError, match="time zone"):
        manifest.to_json(Manifest(SMALL.snapshot_id, "", SMALL.status, now.replace(tzinfo=None)))


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"url": None},
        {"status": "odd"},
        {"status": []},
        {"created_at": "yesterday"},
        {"created_at": "2026-01-01T00:00:00"},
        {"created_at": "0001-01-01T00:00:00+14:00"},
        {"snapshot_id": "1"},
        {"tags": [1]},
        {"response_status": True},
        {"results": [None]},
        {"results": [{"plugin": "x"}]},
        {"results": {}},
    ],
)
def test_a_manifest_of_another_form_is_one_clear_error(tmp_path: Path, change: dict[str, object]) -> None:
    known = json.loads(manifest.to_json(SMALL)) | change
    (tmp_path / "manifest.json").write_text(json.dumps(known))
    with pytest.raises(EnvironmentProblem, match=r"manifest .*manifest\.json cannot be used"):
        manifest.read(tmp_path)


@given(
    st.binary(max_size=60)
    | st.integers(0, len(manifest.to_json(SMALL)) - 2).map(
        lambda end: manifest.to_json(SMALL)[:end]
    )  # cut before the }
)
def test_damaged_bytes_are_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        manifest.from_json(data)


def test_very_deep_json_is_an_error_too() -> None:
    with pytest.raises(ValueError, match=r"."):
        manifest.from_json(b"[" * 100_000)


def test_a_snapshot_without_a_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has not been captured"):
        manifest.read(tmp_path)
    (tmp_path / "elsewhere").write_bytes(manifest.to_json(SMALL))
    (tmp_path / "manifest.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotFound):
        manifest.read(tmp_path)
