"""Keep record of the machine this process runs on, and of the programs on it that captures need."""

from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from pagekeep.archive.models import Binary, Machine
from pagekeep.capture.programs.installed import Program, inspect, programs, seen
from pagekeep.config.load import settings
from pagekeep.services.machine_facts import machine_facts, machine_stats
from pagekeep.services.wiring import data_dir


def note_machine() -> Machine:
    """Record what this machine is and how it is doing now; return its row. No program is started."""
    facts = machine_facts()
    columns = facts | {"stats": machine_stats(data_dir().root), "modified_at": timezone.now()}
    if not Machine.objects.filter(guid=facts["guid"]).update(**columns):
        try:
            return Machine.objects.create(**columns, created_at=timezone.now())
        except IntegrityError:  # another process of this machine was faster
            pass
    return Machine.objects.get(guid=facts["guid"])


def current_machine() -> Machine:
    """Return the row of this machine: 1 statement once it has been noted."""
    return Machine.objects.filter(guid=machine_facts()["guid"]).first() or note_machine()


def note_programs() -> None:
    """Record the programs of this machine. One whose file is as it was is not started again."""
    machine = current_machine()
    known = {row.name: row for row in Binary.objects.filter(machine=machine)}
    for program in programs(settings().chromium):
        row = known.get(program.name)
        if row is not None and _is_as_it_was(row, program):
            continue
        columns = _columns(program)
        Binary.objects.update_or_create(
            machine=machine,
            name=program.name,
            defaults=columns,
            create_defaults=columns | {"created_at": timezone.now()},
        )


def _is_as_it_was(row: Binary, program: Program) -> bool:
    now = (str(program.path or ""), *seen(program))
    return now == (row.abspath, row.size, row.mtime_ns) and bool(row.version) == (program.path is not None)


def _columns(program: Program) -> dict[str, Any]:
    found = inspect(program)
    usable = Binary.Status.INSTALLED if found.version else Binary.Status.BROKEN
    size, mtime_ns = seen(program)
    return {
        "binproviders": ",".join(program.providers),
        "binprovider": program.provider,
        "abspath": str(program.path or ""),
        "version": found.version,
        "sha256": found.sha256,
        "status": usable if program.path else Binary.Status.MISSING,
        "reason": found.reason,
        "size": size,
        "mtime_ns": mtime_ns,
    }
