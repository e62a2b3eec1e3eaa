"""The command ``schedule``."""

from typing import Any

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import example
from pagekeep.archive.models import Schedule


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
        "is_enabled": schedule.is_enabled,
        "next_run_at": schedule.next_run_at if schedule.is_enabled else None,
        "last_run_at": schedule.last_run_at,
        "last_crawl_id": schedule.last_crawl_id,
        "num_runs": schedule.num_runs,
        "problem": schedule.problem,
    }
