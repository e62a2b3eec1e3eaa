"""What PostgreSQL cannot keep in a text: NUL, and in JSON half a character. Pages and clients send both."""

from typing import Any

from psycopg.types.string import StrDumperUnknown

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(value: Any) -> Any:
    """Return a JSON value in whose texts such characters are replaced by U+FFFD; keys included."""
    if isinstance(value, str):
        return value.replace("\0", REPLACEMENT).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


class StorableText(StrDumperUnknown):
    """Sends a text with U+FFFD in place of NUL."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", REPLACEMENT) if "\0" in obj else obj)
