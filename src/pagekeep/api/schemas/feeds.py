"""What a feed can be narrowed by."""

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import Moment, one_of
from pagekeep.domain.status import SnapshotStatus


class FeedQuery(Schema):
    crawl_id: str = Field("", description="A crawl's id, or the beginning of it.")
    created_by: str = Field("", description="Id or name of the user whose crawl it is.")
    limit: int = Field(50, ge=1, description="Items; more than 500 count as 500.")
    before: Moment = Field(None, description="Only snapshots from before this time: ISO 8601 or epoch seconds.")
    tag: str | None = Field(None, description="A tag's whole name; case does not matter.")
    search: str | None = Field(None, description="Part of URL, title, tag, id or timestamp; case does not matter.")
    status: str | None = Field(None, json_schema_extra=one_of(SnapshotStatus))
    domain: str | None = Field(None, description="Host name.")
