"""Bodies that are JSON, a form, or a form with files, whatever the method: Django itself reads forms of POST only."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import MultiValueDict
from ninja import Schema
from ninja.errors import ValidationError
from orjson import JSONDecodeError, loads
from pydantic import ValidationError as Invalid

from pagekeep.api.call import call_of
from pagekeep.api.parsing import JsonParser
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput, TooLarge
from pagekeep.services.spooled_uploads import AROUND_FILES, SentFile, Spooled
from pagekeep.services.wiring import data_dir
from pagekeep.storage.disk import disk_errors

S = TypeVar("S", bound=Schema)


def read_form(request: HttpRequest, schema: type[S]) -> tuple[S, list[SentFile]]:
    """Return the fields of the body and its files, in their order; names that are unknown are told to the caller.

    Raises:
        BadInput: it can be read as neither JSON nor form.
        ValidationError: a field is bad or missing.
        TooLarge: the files are larger than the setting allows.
        EnvironmentProblem: the disk is full.
    """
    fields, files = _read(request, schema)
    unknown = [name for name in fields if name not in schema.model_fields]
    if unknown:
        call_of(request).stderr.append(f"Unknown and without effect: {', '.join(unknown)}.")
    try:
        return schema.model_validate(fields), files
    except Invalid as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise ValidationError([{**item, "loc": ("body", *item["loc"])} for item in details]) from error


def _read(request: HttpRequest, schema: type[Schema]) -> tuple[dict[str, Any], list[SentFile]]:
    if request.content_type == "multipart/form-data":
        form, files = _multipart(request)
        return _fields(form, schema), [file for name in files for file in files.getlist(name)]
    is_form = request.content_type == "application/x-www-form-urlencoded"
    if is_form and request.body.lstrip()[:1] not in (b"{", b"["):  # curl calls JSON a form, too
        return _fields(QueryDict(request.body, encoding="utf-8"), schema), []
    return JsonParser().parse_body(request), []


def _multipart(request: HttpRequest) -> "tuple[QueryDict, MultiValueDict[str, SentFile]]":
    largest = settings().max_upload_size
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > largest + AROUND_FILES:
        raise TooLarge(
            f"The request has {length} bytes; PAGEKEEP_MAX_UPLOAD_SIZE allows {largest}. Send the file in parts, or"
            " raise the setting."
        )
    try:
        with disk_errors(data_dir().temp):
            return MultiPartParser(request.META, request, [Spooled(request)], request.encoding or "utf-8").parse()
    except (MultiPartParserError, UnreadablePostError) as error:
        raise BadInput(f"The body is no valid form: {str(error).rstrip('.')}.") from error


def _fields(form: QueryDict, schema: type[Schema]) -> dict[str, Any]:
    """Return the values of a form: of a field that may be repeated all, of any other the last one."""
    return {name: _several(form.getlist(name)) if _is_list(schema, name) else str(form.get(name, "")) for name in form}


def _is_list(schema: type[Schema], name: str) -> bool:
    return name in schema.model_fields and schema.model_fields[name].annotation == list[str]


def _several(values: Iterable[object]) -> list[object]:
    """Return the values of a repeated field, or those of the one JSON list that was sent instead."""
    texts = list(values)
    if len(texts) == 1 and str(texts[0]).startswith("["):
        try:
            found = loads(str(texts[0]))
        except JSONDecodeError:
            return texts
        return list(found) if isinstance(found, list) else texts
    return [text for text in texts if text != ""] if len(texts) == 1 else texts
