from datetime import datetime

from django.db import models
from django.db.models import F, Q

from pagekeep.archive.models.choices import choices, values
from pagekeep.archive.models.crawl import Crawl
from pagekeep.archive.models.derived import HashOf
from pagekeep.archive.models.snapshot_tag import SnapshotTag
from pagekeep.archive.models.tag import Tag
from pagekeep.config.load import settings
from pagekeep.crawl.identity import identity_of
from pagekeep.crawl.traps import family_of
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import without_credentials

CLAIMABLE = (SnapshotStatus.QUEUED, SnapshotStatus.STARTED)


def _newest(name: str, *of: str) -> models.Index:
    """Return the index for a list of snapshots, newest first, of those that have the same ``of``."""
    return models.Index(fields=[*of, "-bookmarked_at", "-id"], name=name, condition=Q(hidden=False))


def _identity(snapshot: "Snapshot") -> str:
    return identity_of(snapshot.url, settings().tracking_parameters)


def _final_identity(snapshot: "Snapshot") -> str:
    if not snapshot.final_url:
        return ""
    identity = identity_of(snapshot.final_url, settings().tracking_parameters)
    return "" if identity == _identity(snapshot) else identity


def _family(snapshot: "Snapshot") -> str:
    return family_of(snapshot.url) if snapshot.depth else ""


class Snapshot(models.Model):
    """One URL at one time.

    ``retry_at`` is when a worker may take it: for a queued one when it is due, for a started one when its lease ends,
    for any other never. ``claimed_at`` is when a worker last took it.
    ``paused_by_crawl`` marks those that pausing their crawl paused: resuming it resumes them.
    ``timestamp`` is ``bookmarked_at`` as epoch seconds with six decimals, unique in the archive.
    ``identity`` is equal for URLs of the same page (`crawl.identity`), ``final_identity`` is that of another page where
    redirects led, and ``family`` that of followed links which differ in a query, date or session (`crawl.traps`).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="snapshots")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    bookmarked_at = models.DateTimeField()
    downloaded_at = models.DateTimeField(null=True, blank=True)
    timestamp = models.CharField(max_length=32, unique=True)

    url = models.TextField()
    domain = models.CharField(max_length=255, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    identity = HashOf(_identity)
    final_identity = HashOf(_final_identity)
    family = HashOf(_family)
    tags = models.ManyToManyField(Tag, through=SnapshotTag, blank=True, related_name="snapshots")

    status = models.CharField(max_length=16, choices=choices(SnapshotStatus), default=SnapshotStatus.QUEUED)
    reason = models.TextField(blank=True, default="")
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    final_url = models.TextField(blank=True, default="")
    title = models.TextField(blank=True, default="")
    title_edited = models.BooleanField(default=False)

    retry_at = models.DateTimeField(null=True, blank=True)
    paused_by_crawl = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_owner = models.UUIDField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    current_step = models.CharField(max_length=64, blank=True, default="")

    output_size = models.PositiveBigIntegerField(default=0)
    num_results = models.PositiveSmallIntegerField(default=0)
    hidden = models.BooleanField(default=False)

    class Meta:
        ordering = ["-bookmarked_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(SnapshotStatus)), name="snapshot_status_known"),
            models.CheckConstraint(condition=Q(depth__gte=0, depth__lte=4), name="snapshot_depth_0_4"),
            models.CheckConstraint(condition=Q(output_size__gte=0), name="snapshot_size_not_negative"),
            models.CheckConstraint(condition=~Q(url=""), name="snapshot_url_not_empty"),
            models.CheckConstraint(
                condition=Q(status=SnapshotStatus.STARTED, lease_owner__isnull=False)
                | (~Q(status=SnapshotStatus.STARTED) & Q(lease_owner__isnull=True)),
                name="snapshot_lease_iff_started",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in CLAIMABLE], retry_at__isnull=False)
                | (~Q(status__in=[s.value for s in CLAIMABLE]) & Q(retry_at__isnull=True)),
                name="snapshot_due_iff_claimable",
            ),
        ]
        indexes = [
            # Every list leaves hidden ones out: with that condition an index alone answers which rows, and how many.
            _newest("snapshot_newest"),
            _newest("snapshot_status_newest", "status"),
            _newest("snapshot_domain_newest", "domain"),
            _newest("snapshot_crawl_newest", "crawl"),
            models.Index(fields=["created_at", "id"], name="snapshot_created", condition=Q(hidden=False)),
            models.Index(fields=["modified_at", "id"], name="snapshot_modified", condition=Q(hidden=False)),
            models.Index(fields=["lease_owner"], name="snapshot_held", condition=Q(lease_owner__isnull=False)),
            models.Index(fields=["retry_at", "id"], name="snapshot_claim", condition=Q(retry_at__isnull=False)),
            # The lanes of a host (`lanes`), and which of its pages workers hold.
            models.Index(
                fields=["domain", "retry_at", "id"],
                name="snapshot_seeds_due",
                condition=Q(depth=0, retry_at__isnull=False),
            ),
            models.Index(
                fields=["domain", "retry_at", "id"],
                name="snapshot_links_due",
                condition=Q(depth__gt=0, retry_at__isnull=False),
            ),
            models.Index(fields=["domain"], name="snapshot_host_held", condition=Q(lease_owner__isnull=False)),
            models.Index(F("url"), F("bookmarked_at").desc(), name="snapshot_url_newest"),
            models.Index(fields=["crawl", "status"], name="snapshot_crawl_status"),
            # What a crawl asks of each link it finds: whether it has that page, and how many like it. Whole indexes:
            # that part of one would be enough SQLite does not see of a parameter.
            models.Index(fields=["crawl", "identity"], name="snapshot_identity"),
            models.Index(fields=["crawl", "final_identity"], name="snapshot_redirected"),
            models.Index(fields=["crawl", "family"], name="snapshot_family"),
            models.Index(fields=["crawl", "depth"], name="snapshot_depth"),
        ]

    def __str__(self) -> str:
        return self.title or without_credentials(self.url)

    @property
    def lease_expires_at(self) -> datetime | None:
        """When its worker loses it, None if nobody holds it."""
        return self.retry_at if self.status == SnapshotStatus.STARTED else None

    @property
    def archive_path(self) -> str:
        """Path below the web origin that opens the snapshot: relative and safe."""
        return f"snapshot/{self.id}"
