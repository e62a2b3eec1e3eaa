from django.conf import settings
from django.db import models
from django.db.models import Q

from pagekeep.archive.models.choices import choices, values
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import CrawlOutcome, CrawlStatus
from pagekeep.domain.urls import without_credentials


class Crawl(models.Model):
    """One request to archive, with its scope.

    ``allow_private`` is set by this machine's own commands only, never from the wire. ``plugins`` empty means the
    setting's. ``urls`` is what was sent, newline-joined.

    Limits are 0 where there is none: ``max_urls`` pages, ``max_size`` bytes of all outputs, ``crawl_timeout`` seconds
    from the first page on (``ends_at`` is when they are over; a pause does not count), ``snapshot_max_size`` bytes of
    one page's outputs. ``limit_reached`` is the sentence of the limit that was met, ``outcome`` empty while it is open.
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

    max_urls = models.PositiveIntegerField(default=0)
    max_size = models.PositiveBigIntegerField(default=0)
    crawl_timeout = models.PositiveIntegerField(default=0)
    snapshot_max_size = models.PositiveBigIntegerField(default=0)

    status = models.CharField(max_length=16, choices=choices(CrawlStatus), default=CrawlStatus.QUEUED)
    retry_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=choices(CrawlOutcome), blank=True, default="")
    limit_reached = models.TextField(blank=True, default="")
    ends_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    num_refused = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(CrawlStatus)), name="crawl_status_known"),
            models.CheckConstraint(condition=Q(outcome__in=["", *values(CrawlOutcome)]), name="crawl_outcome_known"),
            models.CheckConstraint(condition=Q(max_depth__gte=0, max_depth__lte=4), name="crawl_max_depth_0_4"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="crawl_newest"),
            models.Index(fields=["status"], name="crawl_status"),
            models.Index(fields=["ends_at"], name="crawl_ends_at", condition=Q(ends_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.label or without_credentials(self.urls.partition("\n")[0].strip())

    @property
    def is_paused(self) -> bool:
        """Whether it waits for someone to resume it."""
        return self.status == CrawlStatus.PAUSED
