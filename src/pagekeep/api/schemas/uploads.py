"""Uploads of outputs: the fields of a form or JSON object."""

from typing import Annotated, Any

from ninja import Schema
from orjson import JSONDecodeError, loads
from pydantic import BeforeValidator, Field

from pagekeep.api.schemas.common import example, one_of
from pagekeep.domain.status import ResultStatus


def _absent_if_empty(value: object) -> object:
    return None if value == "" else value


def _object_of(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return loads(value) if value.strip() else None
    except JSONDecodeError as error:
        raise ValueError(f"this is no valid JSON ({error})") from None


_Number = Annotated[int | None, BeforeValidator(_absent_if_empty)]
_Object = Annotated[dict[str, Any] | None, BeforeValidator(_object_of)]
_Blank = Annotated[str | None, BeforeValidator(_absent_if_empty)]


class _OutputFields(Schema):
    output_str: str | None = Field(None, description="One readable line; the first file's path if absent.")
    output_json: _Object = Field(None, description="Further facts, an object; in a form as JSON text.")
    status: _Blank = Field(
        None,
        json_schema_extra=one_of(ResultStatus),
        description="If absent: succeeded once something is kept, started before.",
    )
    output_paths: list[str] = Field(
        [], description="The path of each of `files` in the plugin's folder; their own names if absent."
    )
    mime_types: list[str] = Field([], description="The media type of each of `files`.")


class ArchiveResultUploadSchema(_OutputFields):
    snapshot_id: str = Field(description="Id, beginning of the id, or timestamp.")
    plugin: str = Field(description="a to z, digits, dashes and underscores; also the folder's name.")
    hook_name: str = Field("", description="Tells apart several results of one plugin.")

    model_config = example(
        snapshot_id="0199c0de-0000-7000-8000-000000000002",
        plugin="notes",
        hook_name="extension",
        output_str="Two remarks",
        output_json={"remarks": 2},
        status="succeeded",
    )


class ArchiveResultPatchSchema(_OutputFields):
    snapshot_id: str | None = Field(None, description="Stays; another than it has is refused. So do the next two.")
    plugin: str | None = None
    hook_name: str | None = None
    chunk_output_path: _Blank = Field(None, description="Where the file goes of which `files` is one part.")
    chunk_index: _Number = Field(None, description="Which part, from 0.")
    chunk_count: _Number = Field(None, description="Of how many.")
    chunk_offset: _Number = Field(None, description="Where in the file it begins, in bytes.")
    chunk_total_size: _Number = Field(None, description="The whole file's bytes.")
    mime_type: _Blank = Field(None, description="The whole file's media type.")

    model_config = example(output_str="Three remarks", status="succeeded")


_FILES = {"type": "array", "items": {"type": "string", "format": "binary"}, "description": "The files' bytes."}


def body_of(schema: type[_OutputFields]) -> dict[str, Any]:
    """Return how the OpenAPI page describes a body that is JSON, a form, or a form with files."""
    reference = {"$ref": f"#/components/schemas/{schema.__name__}"}
    with_files = {"allOf": [reference, {"type": "object", "properties": {"files": _FILES}}]}
    content = {
        "multipart/form-data": {"schema": with_files},
        "application/x-www-form-urlencoded": {"schema": reference},
        "application/json": {"schema": reference},
    }
    return {"requestBody": {"required": True, "content": content}}


FORMS: tuple[type[_OutputFields], ...] = (ArchiveResultUploadSchema, ArchiveResultPatchSchema)
