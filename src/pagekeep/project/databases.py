"""Django's ``DATABASES``, made from Pagekeep's settings: SQLite in the data directory, or PostgreSQL."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pagekeep.config.database_url import DatabaseUrl, parse_database_url
from pagekeep.domain.errors import BadInput

WAIT_SECONDS = 30
"""How long a writer waits for those before it."""
_STUCK_SECONDS = 60
_PYTHON_DRIVER = "psycopg"


def databases(url: str, file: Path) -> dict[str, dict[str, Any]]:
    """Return the databases of an archive.

    Args:
        url: of the PostgreSQL database, as the setting has it; empty for SQLite.
        file: of the SQLite database.

    Raises:
        BadInput: PostgreSQL is asked for and its driver is not installed.
    """
    return {"default": _postgres(parse_database_url(url)) if url else _sqlite(file)}


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "pagekeep.project.sqlite",
        "NAME": file,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction takes the write lock when it begins: no upgrade can fail half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": WAIT_SECONDS,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
                "PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY;"
                # What a burst of writes made of the write-ahead log is given back to the disk.
                "PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def _postgres(url: DatabaseUrl) -> dict[str, Any]:
    if find_spec(_PYTHON_DRIVER) is None:
        raise BadInput(
            "PAGEKEEP_DATABASE_URL names a PostgreSQL database, but its driver is not installed; install it with:"
            " pip install 'pagekeep[postgres]', or unset it to use SQLite."
        )
    session = {
        "lock_timeout": f"{WAIT_SECONDS}s",
        # Who stops in the middle of a transaction, as a suspended process, would keep all others waiting.
        "idle_in_transaction_session_timeout": f"{_STUCK_SECONDS}s",
        # As SQLite here: a power cut may take the last moments, and never what was before or a part of a transaction.
        "synchronous_commit": "off",
    }
    return {
        "ENGINE": "pagekeep.project.postgres",
        "NAME": url.name,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": url.host,
        "PORT": str(url.port or ""),
        "CONN_MAX_AGE": None,
        # The server may have been started anew since the last request of this thread.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **url.options,
            "connect_timeout": 10,
            "application_name": "pagekeep",
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
        },
    }
