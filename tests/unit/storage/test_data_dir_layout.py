import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pagekeep.domain.errors import BadInput, EnvironmentProblem
from pagekeep.domain.ids import new_id
from pagekeep.storage.layout import DataDir


def test_prepare_makes_private_directories_and_can_be_repeated(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "new" / "data")
    data_dir.prepare()
    data_dir.prepare()
    for folder in (data_dir.root, data_dir.blobs, data_dir.snapshots, data_dir.temp, data_dir.backups, data_dir.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert data_dir.root in (folder, folder.parent)


def test_prepare_says_what_to_do_where_the_root_is_a_file(tmp_path: Path) -> None:
    root = tmp_path / "data"
    root.write_text("a file")
    with pytest.raises(EnvironmentProblem, match=r"data directory .*/data cannot be used .* PAGEKEEP_DATA_DIR"):
        DataDir(root).prepare()


def test_the_folder_of_a_snapshot_is_dated_by_its_id_in_utc() -> None:
    milliseconds = int(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC).timestamp() * 1000)
    snapshot_id = UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | 5)
    assert DataDir(Path("d")).snapshot_folder(snapshot_id) == Path(f"d/snapshots/2026/03/01/{snapshot_id}")
    early = UUID(int=0x7 << 76 | 0b10 << 62)
    assert DataDir(Path("d")).snapshot_folder(early) == Path(f"d/snapshots/1970/01/01/{early}")


def test_ids_that_carry_no_usable_time_are_refused() -> None:
    for odd in (uuid4(), UUID(int=(2**48 - 1) << 80 | 0x7 << 76 | 0b10 << 62)):
        with pytest.raises(BadInput, match="no snapshot id"):
            DataDir(Path("d")).snapshot_folder(odd)
    assert DataDir(Path("d")).snapshot_folder(new_id()).parts[1] == "snapshots"


def test_check_space_refuses_more_than_the_disk_has(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.check_space(1)
    with pytest.raises(EnvironmentProblem, match="MiB left"):
        data_dir.check_space(2**60)
