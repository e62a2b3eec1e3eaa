"""The database itself: which one it is, where, how large, and whether it is fit for an archive."""

from pathlib import Path

from django.db import connection

from pagekeep.domain.errors import BadInput, EnvironmentProblem

OLDEST_POSTGRES = 14


def on_postgres() -> bool:
    """Whether the records are in PostgreSQL; else they are in SQLite."""
    return connection.vendor == "postgresql"


def sqlite_only(what: str, instead: str) -> None:
    """Raise BadInput where the records are in PostgreSQL.

    Args:
        what: how the sentence begins, as ``The search of texts``.
        instead: what to do, without a full stop.
    """
    if on_postgres():
        raise BadInput(f"{what} does not work on PostgreSQL yet; {instead}.")


def place_of_database() -> str:
    """Return the path of the SQLite file, or the address in PostgreSQL without its password: for people."""
    if not on_postgres():
        return str(connection.settings_dict["NAME"])
    own = connection.settings_dict
    user, port = f"{own['USER']}@" if own["USER"] else "", f":{own['PORT']}" if own["PORT"] else ""
    if str(own["HOST"]).startswith("/"):
        return f"postgresql://{user}{port}/{own['NAME']}?host={own['HOST']}"
    return f"postgresql://{user}{own['HOST']}{port}/{own['NAME']}"


def is_made() -> bool:
    """Whether there is an archive in the database.

    Raises:
        DatabaseError: PostgreSQL cannot be asked.
    """
    if not on_postgres():
        return Path(connection.settings_dict["NAME"]).exists()
    return "archive_snapshot" in connection.introspection.table_names()


def size_of_database() -> int:
    """Return how many bytes it takes."""
    if not on_postgres():
        return Path(connection.settings_dict["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def check_postgres() -> str:
    """Return the version of the server.

    Raises:
        DatabaseError: it cannot be asked.
        EnvironmentProblem: it is too old, or the database keeps or orders texts in another way than an archive needs.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::integer / 10000, current_setting('server_version'),"
            " current_setting('server_encoding') = 'UTF8', '1.9' < '1/' AND 'B' < 'a' AND 'z' < 'ä'"
        )
        major, version, is_utf8, in_byte_order = cursor.fetchone()
    if major < OLDEST_POSTGRES:
        raise EnvironmentProblem(f"PostgreSQL {version} is too old; use {OLDEST_POSTGRES} or newer.")
    if not is_utf8 or not in_byte_order:
        raise EnvironmentProblem(
            f"The database {place_of_database()} is not in UTF-8 or orders texts by the rules of a language; make one"
            " with: createdb --template=template0 --encoding=UTF8 --lc-collate=C --lc-ctype=C.UTF-8 pagekeep"
        )
    return str(version)
