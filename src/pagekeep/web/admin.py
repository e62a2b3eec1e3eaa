"""Django's admin as a window on the records: lists and details, and actions that call services."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from pagekeep.archive.models import ArchiveResult, Binary, Crawl, Machine, Snapshot, Tag, Worker
from pagekeep.domain.errors import Conflict
from pagekeep.domain.urls import shorten, without_credentials
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.seal_snapshots import seal_snapshots
from pagekeep.web import persona_admin, schedule_admin, token_admin, webhook_admin
from pagekeep.web.read_only import ReadOnly

__all__ = ["persona_admin", "schedule_admin", "token_admin", "webhook_admin"]  # importing them registers them

SHORT = 100


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnly):
    """Snapshots can be retried, cancelled and deleted."""

    list_display = ("short_title", "short_url", "status", "response_status", "output_size", "bookmarked_at")
    list_filter = ("status", "hidden", "bookmarked_at")
    search_fields = ("url", "title", "timestamp")
    list_select_related = ("crawl",)
    raw_id_fields = ("crawl",)
    actions = ("retry", "cancel")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_active and request.user.is_superuser

    def delete_model(self, request: HttpRequest, obj: Snapshot) -> None:
        remove_snapshots([obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> None:
        remove_snapshots(list(queryset.values_list("pk", flat=True)))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        # Results go with their snapshot, whatever may be done to them singly.
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected

    def get_view_on_site_url(self, obj: Snapshot | None = None) -> str | None:
        return f"/{obj.archive_path}/" if obj else None

    @admin.display(description="title", ordering="title")
    def short_title(self, snapshot: Snapshot) -> str:
        return shorten(snapshot.title, SHORT) or "(no title)"

    @admin.display(description="URL", ordering="url")
    def short_url(self, snapshot: Snapshot) -> str:
        return shorten(without_credentials(snapshot.url), SHORT)

    @admin.action(description="Retry what is missing", permissions=["delete"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> None:
        queued = 0
        for snapshot_id in queryset.values_list("pk", flat=True):
            try:
                retry_snapshot(snapshot_id)
            except Conflict as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                queued += 1
        self.message_user(request, f"{queued} will be tried again.")

    @admin.action(description="Cancel queued and running work", permissions=["delete"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> None:
        self.message_user(request, f"{seal_snapshots(queryset.values_list('pk', flat=True))} cancelled.")


@admin.register(ArchiveResult)
class ArchiveResultAdmin(ReadOnly):
    """Outputs of snapshots."""

    list_display = ("plugin", "status", "short_output", "output_size", "snapshot_id", "created_at")
    list_filter = ("plugin", "status")
    search_fields = ("output_str", "snapshot__url")
    raw_id_fields = ("snapshot",)

    @admin.display(description="output")
    def short_output(self, result: ArchiveResult) -> str:
        return shorten(result.output_str, SHORT)


@admin.register(Crawl)
class CrawlAdmin(ReadOnly):
    """Requests to archive."""

    list_display = ("short_label", "status", "max_depth", "created_by", "created_at")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    search_fields = ("label", "urls")

    def get_view_on_site_url(self, obj: Crawl | None = None) -> str | None:
        return reverse("web:crawl", args=[obj.pk]) if obj else None

    @admin.display(description="crawl")
    def short_label(self, crawl: Crawl) -> str:
        return shorten(str(crawl), SHORT)


@admin.register(Tag)
class TagAdmin(ReadOnly):
    """Words on snapshots."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name",)


@admin.register(Worker)
class WorkerAdmin(ReadOnly):
    """Processes that capture pages; the page /admin/workers/ tells them what to do."""

    list_display = ("hostname", "pid", "state", "order", "max_concurrent_tasks", "succeeded", "failed", "heartbeat_at")


@admin.register(Machine)
class MachineAdmin(ReadOnly):
    """Hosts that servers and workers have run on."""

    list_display = ("hostname", "os_release", "os_arch", "num_uses_succeeded", "num_uses_failed", "modified_at")


@admin.register(Binary)
class BinaryAdmin(ReadOnly):
    """Programs that captures need, as they were found."""

    list_display = ("name", "version", "status", "binprovider", "abspath", "machine")
    list_filter = ("status", "binprovider")
    list_select_related = ("machine",)
