from django.conf import settings
from django.db import models
from django.db.models import Q

from pagekeep.archive.models.crawl import Crawl
from pagekeep.domain.ids import new_id
from pagekeep.domain.urls import without_credentials


class Schedule(models.Model):
    """A URL that is archived again and again.

    ``every`` is a `crawl.recurrence.Recurrence`'s text, counted in ``time_zone``. ``next_run_at`` moves on with every
    run, so whoever changes it from one value to the next has claimed that run. ``only_new`` also passes over URLs known
    before the run. ``problem`` is the sentence of the last run that made no crawl, empty after one that did. From
    ``max_depth`` to ``snapshot_max_size`` they are those of the crawls it makes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="schedules"
    )
    url = models.TextField()
    every = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC")
    tags_str = models.TextField(blank=True, default="")
    max_depth = models.PositiveSmallIntegerField(default=0)
    only_new = models.BooleanField(default=False)
    persona = models.CharField(max_length=100, blank=True, default="Default")
    label = models.CharField(max_length=255, blank=True, default="")
    notes = models.TextField(blank=True, default="")
    config = models.JSONField(default=dict, blank=True)
    plugins = models.JSONField(default=list, blank=True)
    max_urls = models.PositiveIntegerField(default=0)
    max_size = models.PositiveBigIntegerField(default=0)
    crawl_timeout = models.PositiveIntegerField(default=0)
    snapshot_max_size = models.PositiveBigIntegerField(default=0)

    is_enabled = models.BooleanField(default=True)
    next_run_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_crawl = models.ForeignKey(Crawl, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    num_runs = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(max_depth__gte=0, max_depth__lte=4), name="schedule_max_depth_0_4"),
            models.CheckConstraint(condition=~Q(url=""), name="schedule_url_not_empty"),
        ]
        indexes = [models.Index(fields=["next_run_at", "id"], name="schedule_due", condition=Q(is_enabled=True))]

    def __str__(self) -> str:
        return f"{without_credentials(self.url)} every {self.every}"
