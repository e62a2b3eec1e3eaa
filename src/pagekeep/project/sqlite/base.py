"""Django's SQLite, whose writing transactions take turns within a process.

SQLite has those that wait for its one write lock sleep for up to 100 ms and look again, in no order: among many threads
one that is unlucky waits for seconds. Threads of one process wait for each other here, each is woken as soon as it can
go on, and only processes compete for the lock itself.
"""

from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from pagekeep.project.sqlite.turns import Turns

_turns = Turns()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn before a transaction begins, and gives it up when that has ended."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False
        self.patience: float | None = None
        """Seconds to wait for a turn, where they are fewer than the setting's (`archive.patience`)."""

    def _start_transaction_under_autocommit(self) -> None:
        if not _turns.take(self.settings_dict["OPTIONS"]["timeout"] if self.patience is None else self.patience):
            raise OperationalError("database is locked by another thread of this process")
        self._has_turn = True
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # unknown to the type stubs
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()  # after one that fails the transaction is rolled back

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _turns.pass_on()
