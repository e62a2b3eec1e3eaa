"""Django's SQLite, whose writing transactions take turns: threads within a process, then processes.

SQLite has those that wait for its one write lock sleep for up to 100 ms and look again, in no order: among many that
write, one that is unlucky waits for half a minute. Here each is woken as soon as it may be its turn.
"""

import time
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from pagekeep.project.sqlite.file_turn import FileTurn
from pagekeep.project.sqlite.turns import Turns

_turns = Turns()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that waits for its turn before a transaction begins, and gives it up when that has ended."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._has_turn = False
        self._file_turn: FileTurn | None = None
        self.patience: float | None = None
        """Seconds to wait for a turn, where they are fewer than the setting's (`archive.patience`)."""

    def _start_transaction_under_autocommit(self) -> None:
        patience = self.settings_dict["OPTIONS"]["timeout"] if self.patience is None else self.patience
        ends = time.monotonic() + patience
        if not _turns.take(patience):
            raise OperationalError("database is locked by another thread of this process")
        self._has_turn = True
        try:
            self._file_turn = FileTurn(f"{self.settings_dict['NAME']}.turn")
            if not self._file_turn.take(max(ends - time.monotonic(), 0)):
                raise OperationalError("database is locked by another process")
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
            if self._file_turn:
                self._file_turn.pass_on()
            _turns.pass_on()
