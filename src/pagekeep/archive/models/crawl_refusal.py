from django.db import models

from pagekeep.archive.models.crawl import Crawl

MAX_LENGTH = 2000


class CrawlRefusal(models.Model):
    """A URL that a crawl did not take, and why. Kept once per crawl, and for a bounded number of them.

    ``rule`` is one word to count by; ``depth`` that which the URL would have had. ``url`` may be shortened.
    """

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="refusals")
    url = models.CharField(max_length=MAX_LENGTH)
    rule = models.CharField(max_length=32)
    reason = models.TextField()
    depth = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["crawl", "url"], name="crawl_refusal_once")]

    def __str__(self) -> str:
        return f"{self.url}: {self.reason}"


class RefusalCount(models.Model):
    """How many URLs of a crawl a rule refused, those included that are not kept."""

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="refusal_counts")
    rule = models.CharField(max_length=32)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["crawl", "rule"], name="crawl_rule_once")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.number}"
