"""Add up what the workers of a machine have done with it and its programs."""

from collections import Counter
from uuid import UUID

from django.db import transaction
from django.db.models import F

from pagekeep.archive.models import Binary, Machine

Uses = Counter[tuple[str, bool]]
"""(what was used, whether it succeeded) → how often. What was used is a program's name, or :data:`MACHINE`."""
MACHINE = ""


def count_uses(machine_id: UUID | None, uses: Uses) -> None:
    """Add to the counts of a machine and of its programs: a statement each, and none where there is nothing to add.

    Args:
        machine_id: None, and nothing is counted, where its row is gone.
    """
    if machine_id is None:
        return
    with transaction.atomic():
        for name in sorted({name for name, _ in uses}):
            rows = (
                Binary.objects.filter(machine=machine_id, name=name) if name else Machine.objects.filter(pk=machine_id)
            )
            rows.update(
                num_uses_succeeded=F("num_uses_succeeded") + uses[name, True],
                num_uses_failed=F("num_uses_failed") + uses[name, False],
            )
