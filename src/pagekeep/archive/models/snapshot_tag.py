from django.db import models


class SnapshotTag(models.Model):
    """A tag on a snapshot.

    ``by_hand`` marks those given to this very snapshot, by a person or by the list its URL came in: they stay when
    its crawl, which may have given it the same tag, takes its own away.
    """

    snapshot = models.ForeignKey("archive.Snapshot", on_delete=models.CASCADE)
    tag = models.ForeignKey("archive.Tag", on_delete=models.CASCADE)
    by_hand = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "archive_snapshot_tags"
        unique_together = [("snapshot", "tag")]

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.tag_id}"
