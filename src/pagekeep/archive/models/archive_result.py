from django.db import models
from django.db.models import Q

from pagekeep.archive.models.choices import choices, values
from pagekeep.archive.models.snapshot import Snapshot
from pagekeep.domain.ids import new_id
from pagekeep.domain.status import ResultStatus


class ArchiveResult(models.Model):
    """One output of one snapshot, made by one plugin.

    ``output_files`` maps the path in the plugin's folder to ``{size, mimetype, extension, sha256}``, and ``upload``
    where a client uploaded it. ``uploads`` are the files of which parts are still missing, by path; None where no
    client ever uploaded anything: no capture changes a result that has been uploaded to.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="results")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    plugin = models.CharField(max_length=64)
    hook_name = models.CharField(max_length=128, blank=True, default="")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order within the snapshot.")
    status = models.CharField(max_length=16, choices=choices(ResultStatus), default=ResultStatus.QUEUED)
    retry_at = models.DateTimeField(null=True, blank=True)
    start_ts = models.DateTimeField(null=True, blank=True)
    end_ts = models.DateTimeField(null=True, blank=True)

    output_str = models.TextField(blank=True, default="")
    output_json = models.JSONField(null=True, blank=True)
    output_files = models.JSONField(default=dict, blank=True)
    output_size = models.PositiveBigIntegerField(default=0)
    output_mimetypes = models.TextField(blank=True, default="")

    uploads = models.JSONField(null=True, blank=True, editable=False)

    process_id = models.UUIDField(null=True, blank=True)
    cmd = models.JSONField(null=True, blank=True)
    pwd = models.TextField(blank=True, default="")
    cmd_version = models.CharField(max_length=128, blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "plugin", "hook_name"], name="result_once_per_plugin"),
            models.CheckConstraint(condition=Q(status__in=values(ResultStatus)), name="result_status_known"),
            models.CheckConstraint(condition=Q(output_size__gte=0), name="result_size_not_negative"),
            models.CheckConstraint(condition=~Q(plugin=""), name="result_plugin_not_empty"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="result_newest"),
            models.Index(fields=["plugin", "-created_at", "-id"], name="result_plugin_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="result_status_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.plugin}: {self.output_str or self.status}"
