"""Tell a worker to take no more pages, to end, or to go on as before."""

from uuid import UUID

from pagekeep.archive.filters import check_choice
from pagekeep.archive.models import Worker
from pagekeep.archive.worker_queries import living_workers
from pagekeep.domain.errors import BadInput, Conflict, NotFound

ACTIONS = {"drain": Worker.Order.DRAIN, "stop": Worker.Order.STOP, "resume": Worker.Order.NONE}


def order_worker(worker_id: UUID, action: str) -> Worker:
    """Leave a worker an order, which it reads within a second, and return it.

    What it is capturing it ends first. ``drain``: it takes nothing new but lives on. ``stop``: its process ends.
    ``resume`` takes either back, as long as the process has not ended.

    Raises:
        BadInput: there is no such action.
        NotFound: there is no such worker any more.
        Conflict: it is lost, so nobody would obey.
    """
    if not action:
        raise BadInput(f"An action is needed: {', '.join(ACTIONS)}.")
    check_choice("action", action, ACTIONS)
    told = living_workers().filter(pk=worker_id).order_by().update(order=ACTIONS[action])
    worker = Worker.objects.filter(pk=worker_id).first()
    if worker is None:
        raise NotFound(f"There is no worker {worker_id} any more; its process has ended.")
    if not told:
        heard = f"{worker.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC"
        raise Conflict(
            f"The worker {worker} is lost (last heard of at {heard}) and cannot be told to {action};"
            " start another with: pagekeep worker"
        )
    return worker
