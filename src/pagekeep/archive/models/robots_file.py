from django.db import models


class RobotsFile(models.Model):
    """What the robots.txt of a site asks of us, as all workers know it until ``expires_at``.

    ``origin`` is scheme, host and port (RFC 6454). ``text`` is what concerns us (`crawl.robots.Robots.as_text`).
    ``reason`` is why it could not be fetched, ``failures`` times in a row; nothing may be visited then. While a worker
    fetches it, others leave it alone until ``claimed_until``.
    """

    origin = models.CharField(max_length=300, primary_key=True)
    text = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    failures = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    claimed_until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="robots_expires")]

    def __str__(self) -> str:
        return self.origin
