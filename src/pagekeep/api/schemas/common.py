"""What several objects share."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from pagekeep.archive.flat_rows import Row

DEFAULT_LIMIT = 200


def example(**fields: Any) -> ConfigDict:
    """Return the configuration that shows an example object in the OpenAPI page."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


# The years 1 to 9999.
_EPOCH_SECONDS = (-62_135_596_800, 253_402_300_799)


def _time_of(value: object) -> object:
    """Return None for blank text, and the time for epoch seconds, which may come as text; others as they are."""
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not _EPOCH_SECONDS[0] <= value <= _EPOCH_SECONDS[1]:
        raise ValueError("this time is out of range")
    return datetime.fromtimestamp(value, UTC)


def _in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("this time is out of range") from None


_MOMENT = [
    {"type": "string", "format": "date-time", "description": "ISO 8601; UTC if it names no zone."},
    {"type": "number", "minimum": _EPOCH_SECONDS[0], "maximum": _EPOCH_SECONDS[1], "description": "Epoch seconds."},
    {"type": "string", "enum": [""], "description": "As if it were absent."},
    {"type": "null"},
]
Moment = Annotated[
    datetime | None, BeforeValidator(_time_of), AfterValidator(_in_utc), WithJsonSchema({"anyOf": _MOMENT})
]


def one_of(values: Iterable[str]) -> dict[str, Any]:
    """Return the ``json_schema_extra`` of a text that has one of these values, or is empty, which is no choice."""
    return {"anyOf": [{"type": "string", "enum": [*(str(value) for value in values), ""]}, {"type": "null"}]}


class PagingQuery(Schema):
    limit: int = Field(DEFAULT_LIMIT, ge=1, description="Items in a page; more than 500 count as 500.")
    offset: int = Field(0, ge=0, description="Items to pass over; unless 0 it wins over `page`.")
    page: int = Field(0, ge=0, description="Which page, counted from 0.")


class PageFields(Schema):
    total_items: int
    total_pages: int
    page: int
    limit: int
    offset: int
    num_items: int
    count: int = Field(description="The same as `total_items`.")


class ErrorSchema(Schema):
    succeeded: bool = False
    message: str = Field(
        description="`<Class>: <text>`; the class is `ObjectDoesNotExist` on 404, `ValidationError` on 400."
    )
    errors: list[str] = Field(description="A plain sentence each; never empty.")
    detail: Any = Field(description="The first sentence, or a list that says where which parameter is bad.")

    model_config = example(
        succeeded=False,
        message="ObjectDoesNotExist: There is no snapshot '0199' in this archive.",
        errors=["There is no snapshot '0199' in this archive."],
        detail="There is no snapshot '0199' in this archive.",
    )


def responses(schema: type[Schema], *further: int) -> dict[int, type[Schema]]:
    """Return the answers of an operation that needs a token: its object, and the errors it can end in.

    Args:
        further: error statuses besides 400, 403 and 503.
    """
    return {200: schema, **dict.fromkeys(sorted({400, 403, 503, *further}), ErrorSchema)}


def creator_fields(row: Row) -> dict[str, str]:
    """Return who asked for the crawl; empty text if a command of this machine did, or the user is gone."""
    user_id = row["created_by_id"]
    return {
        "created_by_id": "" if user_id is None else str(user_id),
        "created_by_username": row["created_by_username"] or "",
    }
