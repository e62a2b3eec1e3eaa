"""``pagekeep backup``"""

from pathlib import Path

import click

from pagekeep.cli.bars import Bars
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import count_text, err, json_option, out, print_json, size_text
from pagekeep.domain.errors import BadInput, EnvironmentProblem
from pagekeep.services.back_up import back_up, verify
from pagekeep.services.wiring import data_dir
from pagekeep.storage.backup_folder import BackupFolder


@click.command()
@click.argument("target", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--verify", "check", is_flag=True, help="Then read every file of the backup and compare its sha256.")
@json_option
def command(target: Path | None, check: bool, as_json: bool) -> None:
    """Copy the whole archive to the folder TARGET while it is in use (default: as the data directory, with -backup).

    What is in TARGET already is not copied again. Ctrl-C does no harm: the next backup goes on from there, and an
    earlier one stays whole. Exit code 5 if a file is not what was recorded.
    """
    open_archive(create=False)
    home = data_dir().root.absolute()
    target = (target or home.with_name(f"{home.name}-backup")).absolute()
    if target == home or home in target.parents or target in home.parents:
        raise BadInput(f"{target} and the data directory {home} are within each other; name a folder elsewhere.")
    with Bars() as told:
        done = back_up(target, told)
        wrong = verify(BackupFolder(target), told) if check else []
    if as_json:
        print_json(
            {
                "type": "backup",
                "path": str(done.state),
                "snapshots": done.snapshots,
                "files_copied": done.files,
                "bytes_copied": done.size,
                "damaged": [*done.damaged, *wrong],
            }
        )
    else:
        copied = f"{count_text(done.files, 'file')} copied, {size_text(done.size)} written"
        out.print(
            f"{count_text(done.snapshots, 'snapshot')} in {done.state}; {copied}{', all verified' if check else ''}."
        )
    for name in (*done.damaged, *wrong):
        err.print(f"Not what was recorded: {name}")
    if done.damaged or wrong:
        raise EnvironmentProblem("The backup was made, but not all files were whole; run it again with --verify.")
