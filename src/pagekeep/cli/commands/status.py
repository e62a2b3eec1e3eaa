"""``pagekeep status``"""

import shutil

import click

from pagekeep.archive.database import size_of_database
from pagekeep.archive.models import Worker
from pagekeep.archive.processes import has_ended
from pagekeep.archive.queries import archive_counts
from pagekeep.archive.worker_queries import living_workers, state_of, why_paused
from pagekeep.cli.opening import open_archive
from pagekeep.cli.printing import json_option, out, print_json, size_text
from pagekeep.services.listeners import own_addresses
from pagekeep.services.wiring import data_dir


@click.command()
@json_option
def command(as_json: bool) -> None:
    """Show how many pages are archived, how large they are, who is at work, and the free disk space."""
    open_archive(create=False)
    counts, home = archive_counts(), data_dir()
    workers = [worker for worker in living_workers() if not has_ended(worker)]
    disk = shutil.disk_usage(home.root)
    found: dict[str, object] = {
        "type": "status",
        "data_dir": str(home.root),
        "snapshots": counts.snapshots,
        **{f"snapshots_{status}": number for status, number in counts.by_status.items()},
        "archiveresults": counts.results,
        "output_size": counts.output_size,
        "database_size": size_of_database(),
        "disk_free": disk.free,
        "disk_total": disk.total,
        "active_crawls": counts.active_crawls,
        "oldest_queued_at": counts.oldest_queued_at,
        "workers": [
            {
                "id": str(worker.pk),
                "name": str(worker),
                "state": state_of(worker),
                "reason": why_paused(worker),
                "tabs": worker.max_concurrent_tasks,
            }
            for worker in workers
        ],
        "listening": list(own_addresses()),
    }
    if as_json:
        print_json(found)
        return
    states = ", ".join(f"{number} {status}" for status, number in counts.by_status.items() if number)
    rows = {
        "Archive": str(home.root),
        "Snapshots": f"{counts.snapshots}{f' ({states})' if states else ''}",
        "Outputs": f"{counts.results}, {size_text(counts.output_size)} as listed (the same bytes are kept once)",
        "Database": size_text(size_of_database()),
        "Disk": f"{size_text(disk.free)} free of {size_text(disk.total)}",
        "Workers": "; ".join(map(_at_work, workers)) or "none",
        "Server": ", ".join(own_addresses()) or "not running",
    }
    for name, text in rows.items():
        out.print(f"{name + ':':11}{text}")


def _at_work(worker: Worker) -> str:
    why = why_paused(worker)
    return f"{worker} {state_of(worker)}{f' ({why})' if why else ''}"
