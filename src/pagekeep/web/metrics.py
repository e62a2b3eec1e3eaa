"""The archive's numbers in Prometheus' text format (its exposition formats, version 0.0.4).

They come from the database when they are asked for, so that it does not matter which of several server processes
answers; what a process knows of itself has a label that names it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from pagekeep.archive.counters import RESULT, SNAPSHOT
from pagekeep.archive.metric_queries import Readings, read_metrics
from pagekeep.archive.models import Tally
from pagekeep.archive.processes import costs_of, own_costs
from pagekeep.archive.worker_queries import state_of
from pagekeep.services.add_tallies import BOUNDS, CAPTURE, REFUSAL
from pagekeep.services.add_tallies import RESULT as MADE
from pagekeep.services.machine_facts import machine_stats
from pagekeep.services.wiring import data_dir
from pagekeep.web.served import process_name, served

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_KINDS = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "histogram": HistogramMetricFamily}


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: gauge, counter or histogram, its labels and what it says."""

    kind: str
    labels: tuple[str, ...]
    help: str


METRICS: Mapping[str, Metric] = {
    "pagekeep_info": Metric("gauge", ("version",), "Always 1; the label tells which Pagekeep it is."),
    "pagekeep_snapshots": Metric("gauge", ("status",), "Snapshots by status."),
    "pagekeep_results": Metric("gauge", ("status",), "Archive results by status."),
    "pagekeep_output_bytes": Metric("gauge", (), "Bytes of all outputs, each counted where it is listed."),
    "pagekeep_queue_pages": Metric("gauge", ("state",), "Pages queued, started, in backoff (due later) and paused."),
    "pagekeep_queue_oldest_due_seconds": Metric("gauge", (), "How long the first page of the queue has been due."),
    "pagekeep_capture_seconds": Metric(
        "histogram", ("status",), "Time of visits by what came of them: succeeded, failed or browser_died."
    ),
    "pagekeep_outputs_made_total": Metric("counter", ("plugin", "status"), "Outputs of visits by plugin and status."),
    "pagekeep_outputs_seconds_total": Metric("counter", ("plugin", "status"), "Time they took, waiting included."),
    "pagekeep_refused_urls_total": Metric("counter", ("rule",), "URLs that crawls did not take, by rule."),
    "pagekeep_worker_state": Metric("gauge", ("worker", "state"), "Always 1; the labels tell who lives and does what."),
    "pagekeep_worker_tabs": Metric("gauge", ("worker",), "Pages a worker captures at a time."),
    "pagekeep_worker_tabs_busy": Metric("gauge", ("worker",), "Pages it is capturing."),
    "pagekeep_worker_pages_per_minute": Metric("gauge", ("worker",), "Pages that ended, over five minutes."),
    "pagekeep_worker_heartbeat_age_seconds": Metric("gauge", ("worker",), "Time since its last sign of life."),
    "pagekeep_schedules": Metric("gauge", (), "Schedules that are switched on."),
    "pagekeep_schedule_lag_seconds": Metric("gauge", (), "How long the schedule that waits longest has been due."),
    "pagekeep_webhook_messages_pending": Metric("gauge", (), "Messages that webhooks have not taken yet."),
    "pagekeep_webhook_oldest_due_seconds": Metric("gauge", (), "How long the first of them has been due."),
    "pagekeep_webhook_messages_failed": Metric("gauge", (), "Messages of the last week that were given up."),
    "pagekeep_disk_free_bytes": Metric("gauge", (), "Free space of the disk with the data directory."),
    "pagekeep_disk_total_bytes": Metric("gauge", (), "Size of that disk."),
    "pagekeep_data_bytes": Metric("gauge", (), "Bytes the data directory takes, when it was last measured."),
    "pagekeep_database_bytes": Metric("gauge", (), "Bytes the database takes on disk."),
    "pagekeep_http_requests_total": Metric(
        "counter", ("process", "method", "operation", "status"), "Requests answered since this server process began."
    ),
    "pagekeep_http_request_seconds": Metric("histogram", ("process",), "Time until their answers began."),
    "pagekeep_process_memory_bytes": Metric(
        "gauge", ("process",), "Resident memory of this server process and of the workers on this machine."
    ),
    "pagekeep_process_cpu_seconds_total": Metric("counter", ("process",), "Processor time of the same."),
}


def metrics_page() -> bytes:
    """Return all metrics as text."""
    page = _Page()
    readings = read_metrics()
    for part in (_archive, _work, _workers, _duties, _machine):
        for name, value, *labels in part(readings):
            page.add(name, value, labels)
    for status in sorted({tally.status for tally in readings.tallies if tally.kind == CAPTURE}):
        mine = [tally for tally in readings.tallies if tally.kind == CAPTURE and tally.status == status]
        page.add_histogram("pagekeep_capture_seconds", [status], *_histogram(mine))
    for key, number in served.requests():
        page.add("pagekeep_http_requests_total", number, [process_name(), *key])
    page.add_histogram("pagekeep_http_request_seconds", [process_name()], *served.times())
    return generate_latest(page)


class _Page(Collector):
    def __init__(self) -> None:
        self._families: dict[str, Family] = {
            name: _KINDS[metric.kind](name, metric.help, labels=metric.labels) for name, metric in METRICS.items()
        }

    def collect(self) -> Iterable[Family]:
        return self._families.values()

    def add(self, name: str, value: float, labels: Iterable[str]) -> None:
        self._families[name].add_metric([str(label) for label in labels], value)  # type: ignore[attr-defined]

    def add_histogram(self, name: str, labels: Iterable[str], buckets: list[tuple[str, float]], total: float) -> None:
        self._families[name].add_metric(list(labels), buckets=buckets, sum_value=total)  # type: ignore[attr-defined]


def _archive(now: Readings) -> Iterator[tuple[str, float, *tuple[str, ...]]]:
    yield "pagekeep_info", 1, version("pagekeep")
    for count in now.counts:
        if count.kind in (SNAPSHOT, RESULT):
            yield f"pagekeep_{count.kind}s", count.number, count.status
    yield "pagekeep_output_bytes", sum(count.output_size for count in now.counts if count.kind == SNAPSHOT)
    queue = now.queue
    for state in ("queued", "started", "backoff", "paused"):
        yield "pagekeep_queue_pages", getattr(queue, state), state
    since = queue.oldest_queued_at
    yield "pagekeep_queue_oldest_due_seconds", max(0.0, (now.now - since).total_seconds()) if since else 0


def _work(now: Readings) -> Iterator[tuple[str, float, *tuple[str, ...]]]:
    for tally in now.tallies:
        if tally.kind == MADE:
            yield "pagekeep_outputs_made_total", tally.number, tally.name, tally.status
            yield "pagekeep_outputs_seconds_total", round(tally.seconds, 3), tally.name, tally.status
        elif tally.kind == REFUSAL:
            yield "pagekeep_refused_urls_total", tally.number, tally.name


def _workers(now: Readings) -> Iterator[tuple[str, float, *tuple[str, ...]]]:
    for worker in now.workers:
        name = str(worker)
        yield "pagekeep_worker_state", 1, name, state_of(worker).value
        yield "pagekeep_worker_tabs", worker.max_concurrent_tasks, name
        yield "pagekeep_worker_tabs_busy", now.tabs_busy.get(worker.pk, 0), name
        yield "pagekeep_worker_pages_per_minute", worker.pages_per_minute, name
        age = (now.now - worker.heartbeat_at).total_seconds()
        yield "pagekeep_worker_heartbeat_age_seconds", round(max(0.0, age), 3), name


def _duties(now: Readings) -> Iterator[tuple[str, float, *tuple[str, ...]]]:
    yield "pagekeep_schedules", now.schedules
    yield "pagekeep_schedule_lag_seconds", now.schedule_lag.total_seconds()
    yield "pagekeep_webhook_messages_pending", now.webhooks_pending
    since = now.webhooks_oldest
    yield "pagekeep_webhook_oldest_due_seconds", max(0.0, (now.now - since).total_seconds()) if since else 0
    yield "pagekeep_webhook_messages_failed", now.webhooks_failed


def _machine(now: Readings) -> Iterator[tuple[str, float, *tuple[str, ...]]]:
    stats = machine_stats(data_dir().root)
    yield "pagekeep_disk_free_bytes", stats["disk_free"]
    yield "pagekeep_disk_total_bytes", stats["disk_total"]
    if now.data_bytes is not None:
        yield "pagekeep_data_bytes", now.data_bytes
    yield "pagekeep_database_bytes", now.database_bytes
    costs = {process_name(): own_costs()} | {str(worker): costs_of(worker) for worker in now.workers}
    for name, cost in costs.items():
        if cost is not None:
            yield "pagekeep_process_memory_bytes", cost.memory, name
            yield "pagekeep_process_cpu_seconds_total", cost.cpu_seconds, name


def _histogram(tallies: list[Tally]) -> tuple[list[tuple[str, float]], float]:
    """Return cumulative buckets, as the format wants them, and the sum."""
    numbers = {tally.name: tally.number for tally in tallies}
    buckets, below = [], 0.0
    for name in (*(f"{bound:g}" for bound in BOUNDS), "+Inf"):
        below += numbers.get(name, 0)
        buckets.append((name, below))
    return buckets, round(sum(tally.seconds for tally in tallies), 3)
