"""Django's PostgreSQL, whose writing transactions take turns, as SQLite's do.

The archive is written in short transactions that read what they change and then change it. SQLite has one writer at a
time, so that nothing changes in between; here each transaction takes the archive's advisory lock when it begins, and
a trigger takes it for every statement that writes outside of one (`archive.trigger_sql`). So no two can wait for each
other, and every service means the same on both. Why: docs/decisions/0009-postgresql.md.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg.types.string import TextLoader

from pagekeep.archive.trigger_sql import TAKE_TURN
from pagekeep.project.postgres.values import DatabaseOperations, StorableText


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose transactions take the archive's lock, and which is made anew when the server has closed it."""

    ops_class = DatabaseOperations
    data_types = {**base.DatabaseWrapper.data_types, "JSONField": "json"}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.adapters.register_dumper(str, StorableText)
        connection.adapters.register_loader("json", TextLoader)  # Django reads it
        return connection

    def ensure_connection(self) -> None:
        """Connect unless there is a connection; one that broke is replaced, but never within a transaction."""
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # unknown to the type stubs
        if autocommit:
            return
        try:
            with self.wrap_database_errors:
                self.connection.execute(f"SELECT {TAKE_TURN}")
        except BaseException:
            self.close()  # half a beginning: the next one connects anew
            raise
