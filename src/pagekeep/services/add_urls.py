"""Take URLs into the archive: one crawl, one queued snapshot per URL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.references import timestamp_of
from pagekeep.config.load import settings
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.domain.urls import domain_of, parse_url
from pagekeep.services.crawl_config import crawl_settings, known_plugins
from pagekeep.services.tagging import add_tags, clean_names, ensure_tags
from pagekeep.services.timestamps import free_moments

MAX_DEPTH = 4
BATCH = 500


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the URLs of one request.

    Attributes:
        snapshots: in the order of the URLs.
        refused: (url as sent, why) of those that cannot be archived.
        known: those passed over by ``only_new``, because a snapshot of them exists.
    """

    crawl: Crawl
    snapshots: tuple[Snapshot, ...]
    refused: tuple[tuple[str, str], ...]
    known: tuple[str, ...]


def add_urls(
    urls: Sequence[str],
    *,
    user: User | None,
    tags: Iterable[str] = (),
    depth: int = 0,
    plugins: Iterable[str] | None = None,
    allow_private: Iterable[str] = (),
    only_new: bool | None = None,
    index_only: bool = False,
    label: str = "",
    notes: str = "",
    persona: str = "Default",
    config: Mapping[str, object] | None = None,
) -> Added:
    """Record a crawl and queue a snapshot of each URL, in one transaction. A URL given twice is taken once.

    Args:
        depth: how many links away from the URLs the crawl may go, 0 to 4.
        plugins: names of the outputs to make; None or empty for the setting's.
        allow_private: addresses this crawl may reach although they are private. Never pass what came over the wire.
        only_new: pass over URLs that have a snapshot; None for the setting's choice.
        index_only: record the snapshots paused, without capturing them.
        config: settings of this crawl, kept as given; see `crawl_config`.

    Raises:
        BadInput: no URL can be archived, or an option is bad. Nothing is written then.
    """
    if not 0 <= depth <= MAX_DEPTH:
        raise BadInput(f"depth={depth} is not possible; it goes from 0 to {MAX_DEPTH}.")
    chosen, config = known_plugins(plugins or ()), dict(config or {})
    crawl_settings(settings(), chosen, config)  # a bad value is refused now, not when a worker meets it
    accepted, refused = _sort_out(urls)
    names = clean_names(tags)
    with transaction.atomic():
        known = _known(accepted) if (settings().only_new if only_new is None else only_new) else set()
        wanted = [url for url in accepted if url not in known]
        crawl = Crawl.objects.create(
            created_at=timezone.now(),
            created_by=user,
            urls="\n".join(accepted),
            max_depth=depth,
            tags_str=",".join(names),
            label=label,
            notes=notes,
            config=config,
            plugins=list(chosen),
            persona=persona,
            allow_private=list(allow_private),
            status=CrawlStatus.QUEUED if wanted else CrawlStatus.SEALED,
        )
        snapshots = new_snapshots(crawl, wanted, SnapshotStatus.PAUSED if index_only else SnapshotStatus.QUEUED)
        add_tags(snapshots, ensure_tags(names, user))
    return Added(crawl, tuple(snapshots), tuple(refused), tuple(url for url in accepted if url in known))


def new_snapshots(crawl: Crawl, urls: Sequence[str], status: SnapshotStatus, *, depth: int = 0) -> list[Snapshot]:
    """Write a snapshot for each URL, bookmarked now in steps of 1 µs. Call it in a transaction.

    Args:
        depth: how many links away from the crawl's own URLs they are.
    """
    snapshots = [
        Snapshot(
            crawl=crawl,
            url=url,
            domain=domain_of(url),
            depth=depth,
            status=status,
            created_at=moment,
            bookmarked_at=moment,
            timestamp=timestamp_of(moment),
            retry_at=moment if status == SnapshotStatus.QUEUED else None,
        )
        for url, moment in zip(urls, free_moments(timezone.now(), len(urls)), strict=True)
    ]
    return Snapshot.objects.bulk_create(snapshots, batch_size=BATCH)


def _sort_out(urls: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    accepted: dict[str, None] = {}
    refused: list[tuple[str, str]] = []
    for url in urls:
        try:
            accepted[parse_url(url)] = None
        except BadInput as error:
            refused.append((url, str(error)))
    if not accepted:
        raise BadInput(" ".join(reason for _, reason in refused[:5]) or "No URL was given; give at least one.")
    return list(accepted), refused


def _known(urls: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(urls), BATCH):
        visible = Snapshot.objects.filter(url__in=urls[start : start + BATCH], hidden=False)
        known.update(visible.values_list("url", flat=True))
    return known
