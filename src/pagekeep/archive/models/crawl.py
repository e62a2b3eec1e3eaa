from django.conf import settings
from django.db import models
from django.db.models import Q

from pagekeep.archive.models.choices import choices, values
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import CrawlStatus
from pagekeep.domain.urls import without_credentials


class Crawl(models.Model):
    """One request to archive, with its scope.

    ``allow_private`` is set by this machine's own commands only, never from the wire. ``plugins`` empty means the
    setting's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="crawls"
    )
    urls = models.TextField()
    max_depth = models.PositiveSmallIntegerField(default=0)
    tags_str = models.TextField(blank=True, default="")
    label = models.CharField(max_length=255, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    config = models.JSONField(default=dict, blank=True)
    plugins = models.JSONField(default=list, blank=True)
    persona = models.CharField(max_length=100, blank=True, default="Default")
    allow_private = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=16, choices=choices(CrawlStatus), default=CrawlStatus.QUEUED)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(CrawlStatus)), name="crawl_status_known"),
            models.CheckConstraint(condition=Q(max_depth__gte=0, max_depth__lte=4), name="crawl_max_depth_0_4"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="crawl_newest"),
            models.Index(fields=["status"], name="crawl_status"),
        ]

    def __str__(self) -> str:
        return self.label or without_credentials(self.urls.partition("\n")[0])

    @property
    def is_paused(self) -> bool:
        """Whether it waits for someone to resume it."""
        return self.status == CrawlStatus.PAUSED
