"""How values get into PostgreSQL: as they would into SQLite, as far as it can hold them."""

import json
from functools import partial
from typing import Any

from django.db.backends.postgresql import operations
from psycopg.types.json import Json
from psycopg.types.string import StrDumperUnknown

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class StorableText(StrDumperUnknown):
    """Sends a text with U+FFFD in place of NUL, which PostgreSQL cannot keep; pages and clients send it."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", REPLACEMENT) if "\0" in obj else obj)


class DatabaseOperations(operations.DatabaseOperations):
    """Django's own, but for JSON and parts of ids, which are as on SQLite.

    JSON is kept as the text it is: in its order, with whatever a page put into it. Parts of ids are looked for in the
    32 digits without dashes.
    """

    def adapt_json_value(self, value: Any, encoder: Any) -> Any:
        return Json(value, dumps=partial(json.dumps, cls=encoder))

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        cast = super().lookup_cast(lookup_type, internal_type)
        return cast.replace("%s::text", "REPLACE(%s::text, '-', '')") if internal_type == "UUIDField" else cast
