"""The command ``schedule``."""

from typing import Any

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import example
from pagekeep.api.schemas.crawls import MAX_SIZE, MAX_URLS
from pagekeep.archive.models import Schedule
from pagekeep.archive.schedule_queries import next_runs


class ScheduleCommandSchema(Schema):
    import_path: str | None = Field(None, description="The http(s) URL to archive again and again.")
    add: bool = Field(False, description="Add a schedule; giving `import_path` says the same.")
    show: bool = Field(False, description="List the schedules in `result.schedules`, at most 1,000, newest first.")
    foreground: bool = Field(False, description="Accepted; no effect: workers run schedules.")
    run_all: bool = Field(False, description="Run every schedule now, paused ones excepted.")
    quiet: bool = Field(False, description="Leave `stdout` empty.")
    every: str | int | None = Field(
        None,
        description="minute, hour, day, week, month, quarter or year; hourly, daily, …; seconds (at least 60); or a"
        " cron expression of five fields. Every day if absent.",
    )
    tag: str = Field("", description="Tags, separated by commas.")
    depth: int = Field(0, description="How many links away from the URL to go, 0 to 4.")
    only_new: bool | None = Field(None, description="Pass over URLs that have a snapshot, this one included.")
    persona: str = "Default"
    update: bool = Field(False, description="The same as `only_new=false`, which is the default.")
    overwrite: bool = Field(False, description="The same as `only_new=false`; nothing is ever overwritten.")
    clear: bool = Field(False, description="Remove all schedules first.")
    time_zone: str | None = Field(None, description="Whose clocks count, like Europe/Berlin; absent: the setting's.")
    label: str = Field("", max_length=255, description="Of each crawl, as are the fields from here to `plugins`.")
    notes: str = ""
    config: dict[str, Any] = Field({}, description="As for `POST crawls/crawls`.")
    max_urls: int = Field(0, ge=0, le=MAX_URLS, description="How many pages a crawl may take; 0 for no limit.")
    max_size: int = Field(0, ge=0, le=MAX_SIZE, description="Bytes of all outputs after which it ends; 0: no limit.")
    crawl_timeout: int = Field(0, ge=0, le=MAX_URLS, description="Seconds after which it ends; 0 for no limit.")
    snapshot_max_size: int = Field(0, ge=0, le=MAX_SIZE, description="Bytes of one page's outputs; 0 for no limit.")
    plugins: list[str] = Field([], description="Outputs to make; empty for the setting's.")
    pause: list[str] = Field([], description="Ids of schedules, or their beginnings: no runs until they are resumed.")
    resume: list[str] = Field([], description="Those to let run again, from their next time on.")
    run: list[str] = Field([], description="Those to run now, paused ones too.")
    remove: list[str] = Field([], description="Those to remove; what they archived stays.")

    model_config = example(import_path="https://example.com/", every="day", tag="news")


def schedule_fields(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as a JSON object."""
    return {
        "id": schedule.pk,
        "created_at": schedule.created_at,
        "created_by_id": "" if schedule.created_by_id is None else str(schedule.created_by_id),
        "import_path": schedule.url,
        "every": schedule.every,
        "time_zone": schedule.time_zone,
        "tag": schedule.tags_str,
        "depth": schedule.max_depth,
        "only_new": schedule.only_new,
        "persona": schedule.persona,
        "label": schedule.label,
        "notes": schedule.notes,
        "config": schedule.config,
        "max_urls": schedule.max_urls,
        "max_size": schedule.max_size,
        "crawl_timeout": schedule.crawl_timeout,
        "snapshot_max_size": schedule.snapshot_max_size,
        "plugins": schedule.plugins,
        "is_enabled": schedule.is_enabled,
        "next_run_at": schedule.next_run_at if schedule.is_enabled else None,
        "next_runs": next_runs(schedule),
        "last_run_at": schedule.last_run_at,
        "last_crawl_id": schedule.last_crawl_id,
        "num_runs": schedule.num_runs,
        "problem": schedule.problem,
    }
