"""Commands about snapshots that fit some filters: search, update, remove."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import BeforeValidator, Field, WithJsonSchema

from pagekeep.api.schemas.common import example, one_of
from pagekeep.archive.command_filters import STATUSES, CommandFilters, FilterType, epoch_seconds
from pagekeep.archive.filters import SNAPSHOT_SORTS
from pagekeep.domain.errors import BadInput


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return epoch_seconds(value)
    except BadInput as error:
        raise ValueError(str(error)) from error


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


_SECONDS = {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}
_PATTERNS = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}, {"type": "null"}]}
Seconds = Annotated[float | None, BeforeValidator(_seconds), WithJsonSchema(_SECONDS)]
Patterns = Annotated[list[str] | None, BeforeValidator(_listed), WithJsonSchema(_PATTERNS)]


class FilterSchema(Schema):
    after: Seconds = Field(0, description="Bookmarked then or later: epoch seconds or ISO 8601; clamped.")
    before: Seconds = Field(None, description="Bookmarked earlier: epoch seconds or ISO 8601; clamped.")
    filter_type: str | None = Field(
        "substring",
        description="How patterns are compared: with the URL (`regex` in RE2's syntax, case does not matter; `domain`"
        " is a host, or host:port), or with tag, timestamp, or all that `search` looks at.",
        json_schema_extra=one_of(FilterType),
    )
    filter_patterns: Patterns = Field(None, description="One of them is enough; at most 500.")
    status: str | None = Field(
        None,
        description="Also `indexed` (all), `archived` (succeeded or sealed), `unarchived` (the rest).",
        json_schema_extra=one_of(STATUSES),
    )
    url__icontains: str | None = Field(None, description="Part of the URL; case does not matter.")
    url__istartswith: str | None = Field(None, description="Beginning of the URL; case does not matter.")
    tag: str | None = Field(None, description="A tag's whole name; case does not matter.")
    crawl_id: str | None = Field(None, description="A crawl's id, or the beginning of it.")
    limit: int | None = Field(None, ge=1, description="How many at most.")
    sort: str | None = Field(
        None,
        description="With `-` in front for descending. Newest first if absent.",
        json_schema_extra=one_of(f"{sign}{name}" for name in SNAPSHOT_SORTS for sign in ("", "-")),
    )
    search: str | None = Field(None, description="Part of URL, title, tag, id or timestamp; case does not matter.")


class ListCommandSchema(FilterSchema):
    as_json: bool = Field(True, description="Snapshot objects. It wins if it is sent, else the form that is asked for.")
    as_html: bool = Field(False, description="A page of its own.")
    as_csv: str | bool | None = Field("timestamp,url", description="Names of columns, separated by commas.")
    with_headers: bool = Field(False, description="Names of the columns in the first line of CSV.")

    model_config = example(filter_type="domain", filter_patterns=["example.com"], status="archived", limit=50)

    def result_format(self) -> str:
        """Return ``json``, ``csv``, ``html`` or ``text``: what is asked for, by default JSON.

        The defaults of 0.9.73 ask for JSON and CSV at once; what is sent counts for more than what is left out.
        """
        if self.as_json and "as_json" in self.model_fields_set:
            return "json"
        if self.as_html:
            return "html"
        if self.as_csv and (not self.as_json or "as_csv" in self.model_fields_set):
            return "csv"
        return "json" if self.as_json else "text"


class UpdateCommandSchema(FilterSchema):
    resume: Seconds = Field(None, description="Go on from here: only what was bookmarked then or earlier.")
    batch_size: int = Field(100, ge=1, le=10_000, description="Snapshots looked at at a time.")
    continuous: bool = Field(False, description="Accepted; no effect: workers run all the time.")
    index_only: bool = Field(False, description="Only say what fits; queue nothing.")
    migrate_only: bool = Field(False, description="As `index_only`: archives are migrated when Pagekeep starts.")

    model_config = example(status="failed", after=1795464000, limit=100)


class RemoveCommandSchema(FilterSchema):
    filter_type: str | None = Field("exact", json_schema_extra=one_of(FilterType), description="See `search`.")
    timeout: float = Field(60.0, gt=0, description="Seconds after which it stops; at most 600.")
    delete: bool = Field(True, description="False keeps records and files and only takes them off every list.")

    model_config = example(filter_type="exact", filter_patterns=["https://example.com/"])


_FILTERS = tuple(FilterSchema.model_fields)


def filters_of(body: FilterSchema, **further: Any) -> CommandFilters:
    """Return what a body asks for.

    Args:
        further: filters that not every command has.
    """
    values = body.model_dump(include=set(_FILTERS))
    return CommandFilters(**values | {"filter_patterns": tuple(body.filter_patterns or ())} | further)
