"""``pagekeep restore``"""

from pathlib import Path

import click

from pagekeep.cli.bars import Bars
from pagekeep.cli.printing import count_text, err, how_to, json_option, out, print_json
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.services.restore_backup import restore_backup
from pagekeep.services.wiring import data_dir


@click.command()
@click.argument("source", type=click.Path(path_type=Path, file_okay=False))
@json_option
def command(source: Path, as_json: bool) -> None:
    """Make an archive out of the backup SOURCE, in an empty data directory. Every file is checked while it is copied.

    Stopped, it goes on from there when it is called again. Exit code 4 if the data directory is not empty, 5 if the
    backup is of a newer version or a file in it is damaged.
    """
    with Bars() as told:
        done = restore_backup(source.absolute(), told)
    home = data_dir().root
    if as_json:
        about = {"snapshots": done.snapshots, "files_copied": done.files, "damaged": done.damaged}
        print_json({"type": "restored", "data_dir": str(home), "state": str(done.state), **about})
    else:
        out.print(f"{count_text(done.snapshots, 'snapshot')} restored into {home}. Next: {how_to('run')}")
    for name in done.damaged:
        err.print(f"Not what was recorded: {name}")
    if done.damaged:
        raise EnvironmentProblem("The archive was restored, but files of the backup are damaged.")
