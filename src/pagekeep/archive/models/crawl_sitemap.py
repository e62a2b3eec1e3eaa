from django.db import models
from django.db.models import Q

from pagekeep.archive.models.crawl import Crawl


class CrawlSitemap(models.Model):
    """A sitemap whose pages a crawl takes, or the site of a seed whose sitemaps are still to be found.

    ``level`` is 0 for a site, where ``url`` is its origin, 1 for a sitemap it names, more for what an index names.
    ``due_at`` is when a worker may read it, None once that is over: ``found`` is how many pages it lists then, and
    ``reason`` what could not be read of it.
    """

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="sitemaps")
    url = models.CharField(max_length=2048)
    level = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["crawl", "url"], name="crawl_sitemap_once")]
        indexes = [models.Index(fields=["due_at"], name="crawl_sitemap_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.url
