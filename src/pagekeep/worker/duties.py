"""What a worker does beside capturing pages: small duties, looked after every second in threads of their own.

Every worker attends to all of them; a duty claims what it does in the database, so no two workers do the same thing.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

from django.db import connections

from pagekeep.archive.database_errors import passing_errors
from pagekeep.domain.errors import DatabaseTrouble, DiskFull
from pagekeep.services.fan_out_events import fan_out_events
from pagekeep.services.forget_hosts import forget_hosts
from pagekeep.services.learn_robots import forget_old_robots
from pagekeep.services.look_after_machine import look_after_machine
from pagekeep.services.obey_limits import end_overdue_crawls
from pagekeep.services.read_sitemaps import read_sitemaps
from pagekeep.services.read_texts import read_unread
from pagekeep.services.register_worker import bury_workers
from pagekeep.services.run_schedules import run_schedules
from pagekeep.services.send_webhooks import give_up_old, prune_deliveries, send_webhooks
from pagekeep.services.sweep_uploads import sweep_uploads

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two rounds."""

Duties = Sequence[Callable[[], object]]

DUTIES: tuple[Duties, ...] = (
    (
        bury_workers,
        end_overdue_crawls,
        run_schedules,
        fan_out_events,
        send_webhooks,
        give_up_old,
        prune_deliveries,
        forget_old_robots,
        read_sitemaps,
        forget_hosts,
    ),
    (look_after_machine, sweep_uploads),
    (read_unread,),
)
"""Those of a group are done one after the other, and no group waits for another: the first ones only ask the database,
while a slow disk or a large PDF may hold up the others for minutes."""


@contextmanager
def attending(groups: Sequence[Duties] = DUTIES, every: float = EVERY) -> Iterator[None]:
    """Attend to the duties while the block runs. One that fails is logged and done again in the next round.

    The threads are not waited for: a duty may be cut off by the process's end, and must bear that.

    Args:
        groups: each has a thread.
        every: seconds between two rounds of a group.
    """
    stop = Event()
    for duties in groups:
        # In this context: what it logs is about the same worker.
        Thread(target=copy_context().run, args=(_attend, duties, every, stop), daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def _attend(duties: Duties, every: float, stop: Event) -> None:
    failing: set[Callable[[], object]] = set()
    try:
        while not stop.wait(every):
            for duty in duties:
                try:
                    with passing_errors():
                        duty()
                    failing.discard(duty)
                except Exception as error:
                    if duty not in failing:  # once, not every second
                        _tell(duty.__name__, error)
                    failing.add(duty)
    finally:
        connections.close_all()


def _tell(duty: str, error: Exception) -> None:
    passing = isinstance(error, DatabaseTrouble | DiskFull)
    why = f": {error}" if passing else ""
    log.log(
        logging.WARNING if passing else logging.ERROR,
        "The duty %s failed; it is tried again%s",
        duty,
        why,
        exc_info=not passing,
        extra={"duty": duty},
    )
