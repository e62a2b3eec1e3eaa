"""The address of a PostgreSQL database, as ``PAGEKEEP_DATABASE_URL`` gives it."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

FORMS = "postgresql://user:password@host:5432/name, or postgresql:///name?host=/run/postgresql for a socket"
_SSL = ("sslmode", "sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """Where a database is and who asks.

    Attributes:
        host: a name or address, the folder of a socket, or empty for libpq's own choice.
        port: 0 for PostgreSQL's own.
        name: of the database.
        user: empty for the name of the user whose process this is.
        options: further parameters of libpq: ``sslmode`` and the files that go with it.
    """

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    options: dict[str, str]


def parse_database_url(text: str) -> DatabaseUrl:
    """Read a connection URI as libpq writes it, as far as an archive needs one.

    Source: PostgreSQL's manual, "Connection URIs" (34.1.1.2).

    Raises:
        ValueError: it is none, or asks for what is not known. The text never holds a part of it: a password could be
            in the wrong place.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port or 0
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise ValueError(f"write it like {FORMS}; encode / # ? @ : % in a password, as %2F for /") from None
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"only PostgreSQL is known beside SQLite; write it like {FORMS}")
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name or parts.fragment or "\0" in unquote(text):
        raise ValueError(f"it names no database; write it like {FORMS}; encode / # ? @ : % in a password")
    if set(query) - {"host", *_SSL}:
        raise ValueError(f"of the parameters after the ? only host, {', '.join(_SSL)} are known")
    if "host" in query and host:
        raise ValueError("it names two hosts, before the name and after the ?; remove one")
    return DatabaseUrl(
        host=query.pop("host", host),
        port=port,
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        options=query,
    )
