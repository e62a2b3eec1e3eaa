"""Commands over HTTP."""

from typing import Any

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import example

# A caller who sets it is told that it has no effect.
NOT_YET = ("snapshot_ids",)


class AddCommandSchema(Schema):
    urls: list[str] = Field(
        description="URLs, or texts that are lists of them: bookmarks, feeds, sitemaps, OPML, CSV, JSON, Markdown, …"
    )
    snapshot_ids: list[str] | None = Field(None, description="Accepted; no effect.")
    tag: str = Field("", description="Tags, separated by commas.")
    depth: int = Field(0, description="How many links away to go, 0 to 4.")
    max_urls: int = Field(0, ge=0, description="How many pages the crawl may take; 0 for no limit.")
    crawl_max_size: int = Field(0, ge=0, description="Bytes of all outputs after which it ends; 0 for no limit.")
    crawl_timeout: int = Field(0, ge=0, description="Seconds after which it ends; 0 for no limit.")
    snapshot_max_size: int = Field(0, ge=0, description="Bytes of one page's outputs; 0 for no limit.")
    parser: str = Field(
        "auto",
        description="`auto` knows formats by their content; others: `url_list`, `csv`, `html`, … (see the docs).",
    )
    plugins: str = Field("", description="Outputs to make, separated by commas; empty for the setting's.")
    extractors: str | list[str] = Field("", description="Old name of `plugins`.")
    persona: str = "Default"
    only_new: bool | None = Field(None, description="Pass over URLs that have a snapshot; absent: the setting's.")
    update: bool = Field(False, description="The same as `only_new=false`.")
    overwrite: bool = Field(False, description="The same as `only_new=false`; nothing is ever overwritten.")
    index_only: bool = Field(False, description="Record the snapshots paused, without capturing them.")
    update_all: Any = Field(None, description="Accepted; no effect.")
    init: Any = Field(None, description="Accepted; no effect.")
    formattedTags: Any = Field(None, description="Accepted; no effect.")

    model_config = example(urls=["https://example.com/"], tag="news", depth=0)


class CLICommandResponseSchema(Schema):
    success: bool
    errors: list[str]
    result: list[Any] | dict[str, Any] | bool | int | str | None
    result_format: str = "str"
    stdout: str
    stderr: str

    model_config = example(
        success=True,
        errors=[],
        result={
            "crawl_id": "0199c0de-0000-7000-8000-000000000001",
            "num_snapshots": 1,
            "snapshot_ids": ["0199c0de-0000-7000-8000-000000000002"],
            "queued_urls": ["https://example.com/"],
            "refused": [],
        },
        result_format="json",
        stdout="Queued 1 snapshot in crawl 0199c0de-0000-7000-8000-000000000001.",
        stderr="",
    )
