"""What is left to index. The index itself is made of virtual tables, which Django has no model for."""

from django.db import models


class Unread(models.Model):
    """A snapshot whose kept files have changed since they were last read for the index. Triggers add it.

    ``changes`` grows with each change: whoever read the files takes it away only if it is still what it was before.
    """

    snapshot_id = models.UUIDField(primary_key=True)
    changes = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.snapshot_id)
