from django.conf import settings
from django.db import models


class Tag(models.Model):
    """A word on snapshots. ``key`` is the name case-folded: two names that differ in case only are one tag.

    ``num_snapshots`` counts those that are listed; triggers keep it, nobody else writes it.
    """

    name = models.CharField(max_length=255)
    key = models.CharField(max_length=255, unique=True, editable=False)
    slug = models.CharField(max_length=255, db_index=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="tags"
    )
    num_snapshots = models.IntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="tag_name_not_empty")]

    def __str__(self) -> str:
        return self.name
