from django.db import models


class StatusCount(models.Model):
    """How many snapshots have a status, or how many results; of what is listed only. Triggers alone write it."""

    kind = models.CharField(max_length=8, help_text="snapshot or result")
    status = models.CharField(max_length=16)
    number = models.BigIntegerField(default=0)
    output_size = models.BigIntegerField(default=0, help_text="Bytes of all of them together.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "status"], name="status_counted_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}s {self.status}"
