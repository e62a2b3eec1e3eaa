"""A crawl for people: where it stands, what it did not take, what it waits for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.utils import timezone

from pagekeep.archive.crawl_progress import CrawlProgress, WaitsFor
from pagekeep.archive.flat_rows import Row
from pagekeep.archive.host_queries import SlowHost
from pagekeep.cli.display import one_line
from pagekeep.cli.printing import count_text, how_to, size_text
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import shorten, without_credentials

WORDS = {"started": "being captured", "sealed": "cancelled"}
_ORDER = list(SnapshotStatus)


def crawl_line(row: Row) -> str:
    """Return a crawl of a list: one line."""
    ended = f"{row['num_succeeded']} succeeded, {row['num_failed']} failed, {row['num_refused']} refused"
    state = f"{row['status']} {row['outcome']}".strip()
    why = f" {row['limit_reached']}" if row["limit_reached"] else ""
    return (
        f"{row['id']} {row['created_at']:%Y-%m-%d %H:%M} {state:16} {ended}, {row['num_open']} open"
        f"  {shorten(one_line(name_of(row)))}{why}"
    )


def crawl_report(
    row: Row,
    progress: CrawlProgress,
    refused: Mapping[str, int],
    sitemaps: Mapping[str, int],
    slow: Sequence[SlowHost],
) -> Iterator[str]:
    """Yield the lines that ``crawl show`` prints.

    Args:
        sitemaps: see `sitemap_counts`.
        slow: the hosts it waits for because they answered 429 or 503.
    """
    lines = {
        "Crawl": f"{row['id']}  {row['label']}".rstrip(),
        "State": f"{row['status']} {row['outcome']}".strip() + f", made {row['created_at']:%Y-%m-%d %H:%M} UTC",
        "Asked for": _asked_for(row),
        "Pages": _pages(row, progress),
        "Refused": _refused(row, refused),
        "Sitemaps": _sitemaps(sitemaps),
        "Limits": "; ".join(_limits(row, progress)) or "none",
        "Reached": row["limit_reached"] or "no limit",
        "Kept": size_text(progress.output_size),
        "Speed": f"{progress.pages_per_minute:g} pages a minute",
        "Waits for": waits_for(row, progress),
        "Slow": slow_hosts_text(slow),
        "Tags": row["tags_str"],
        "Config": ", ".join(f"{key}={value}" for key, value in row["config"].items()),
        "Notes": row["notes"],
    }
    for name, text in lines.items():
        if text:
            yield f"{name + ':':11}{one_line(text)}"
    for page in progress.at_work:
        yield f"  {one_line(without_credentials(page['url']))} {page['step']}".rstrip()


def waits_for(row: Row, progress: CrawlProgress) -> str:
    """Return what has to happen before the next page ends, and how to bring it about; empty if it has ended."""
    match progress.waits_for:
        case WaitsFor.PAGES:
            return f"{count_text(len(progress.at_work), 'page')} being captured"
        case WaitsFor.RESUME if row["status"] == "paused":
            return f"somebody to go on with it: {how_to('crawl resume ' + str(row['id']))}"
        case WaitsFor.RESUME:
            return "somebody to resume the pages that are paused one by one"
        case WaitsFor.WORKER:
            return f"a worker; none is running: {how_to('worker')}"
        case WaitsFor.TIME:
            return f"the moment its next page may be tried: {_in(progress.due_at)}"
        case WaitsFor.SITEMAPS:
            return "the sitemaps of its sites, which a worker reads"
        case WaitsFor.TURN:
            return "its turn: workers are busy, or its hosts are given a rest"
    return ""


def slow_hosts_text(hosts: Sequence[SlowHost]) -> str:
    """Return which hosts asked not to be asked so often, and when they are asked again; empty if none did."""
    return ", ".join(f"{one_line(host.name)} ({_slow(host)})" for host in hosts)


def slow_hosts_json(hosts: Sequence[SlowHost]) -> list[dict[str, object]]:
    """Return the same for a record."""
    return [asdict(host) for host in hosts]


def _slow(host: SlowHost) -> str:
    apart = f"visits {host.delay:.3g} s apart"
    return f"asked again {_in(host.until)}, {apart}" if host.until else apart


def name_of(row: Row) -> str:
    """Return the label of a crawl, else its first URL."""
    return row["label"] or without_credentials(row["urls"].partition("\n")[0].strip())


def _asked_for(row: Row) -> str:
    lines = row["urls"].count("\n")
    more = f" and {lines} more {'line' if lines == 1 else 'lines'}" if lines else ""
    first = shorten(one_line(without_credentials(row["urls"].partition("\n")[0].strip())))
    return f"{first}{more}, {count_text(row['max_depth'], 'link')} deep"


def _pages(row: Row, progress: CrawlProgress) -> str:
    states = sorted(progress.states.items(), key=lambda item: _ORDER.index(SnapshotStatus(item[0])))
    told = ", ".join(f"{number} {WORDS.get(status, status)}" for status, number in states)
    return ": ".join([str(row["num_snapshots"]), *([told] if told else [])])


def _refused(row: Row, refused: Mapping[str, int]) -> str:
    told = [f"{number} {rule}" for rule, number in sorted(refused.items(), key=lambda item: -item[1])]
    beyond = row["num_refused"] - sum(refused.values())
    told += [f"{beyond} only counted"] if beyond > 0 else []
    return ": ".join([str(row["num_refused"]), *([", ".join(told)] if told else [])])


def _sitemaps(counts: Mapping[str, int]) -> str:
    words = {"read": "read", "unread": "that could not be read whole", "waiting": "to be read"}
    told = [f"{counts[state]} {text}" for state, text in words.items() if counts.get(state)]
    return f"{', '.join(told)}; {count_text(counts['pages'], 'page')} listed" if told else ""


def _limits(row: Row, progress: CrawlProgress) -> Iterator[str]:
    if row["max_urls"]:
        yield f"{row['num_snapshots']} of {row['max_urls']} URLs (max_urls)"
    if row["max_size"]:
        yield f"{size_text(progress.output_size)} of {size_text(row['max_size'])} (max_size)"
    if row["crawl_timeout"]:
        over = f", over {_in(row['ends_at'])}" if row["ends_at"] else ""
        yield f"{row['crawl_timeout']} s (crawl_timeout){over}"
    if row["snapshot_max_size"]:
        yield f"{size_text(row['snapshot_max_size'])} a page (snapshot_max_size)"


def _in(moment: datetime | None) -> str:
    if moment is None:
        return "soon"
    seconds = round((moment - timezone.now()).total_seconds())
    if seconds <= 0:
        return "now"
    return f"in {seconds} s" if seconds < 120 else f"in {seconds // 60} min"
