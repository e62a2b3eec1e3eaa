"""Take URLs, or lists of them, into the archive: one crawl, one queued snapshot per URL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Crawl, Snapshot, SnapshotTag, Tag
from pagekeep.archive.references import timestamp_of
from pagekeep.config.load import settings
from pagekeep.crawl.inputs import Found, Item, join, known_parser, read_inputs
from pagekeep.crawl.inputs.merging import merged
from pagekeep.crawl.inputs.telling import refusals_of
from pagekeep.crawl.refusal import Refusal
from pagekeep.crawl.scope import Choice, at_most, limit_of_urls, scope_of
from pagekeep.domain.errors import BadInput
from pagekeep.domain.status import CrawlOutcome, CrawlStatus, SnapshotStatus
from pagekeep.domain.urls import domain_of, shorten, without_credentials
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.crawl_options import CrawlOptions, crawl_fields
from pagekeep.services.plan_sitemaps import plan_sitemaps
from pagekeep.services.refuse_urls import refuse_urls
from pagekeep.services.tagging import add_tags, clean_names, ensure_tags, split_tags
from pagekeep.services.timestamps import STEP, free_moments, free_near

BATCH = 500


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the URLs of one request.

    Attributes:
        snapshots: in the order of the URLs.
        refused: (url as sent, why) of those that cannot be archived or that the crawl's scope leaves out.
        known: those passed over by ``only_new``, because a snapshot of them exists.
    """

    crawl: Crawl
    snapshots: tuple[Snapshot, ...]
    refused: tuple[tuple[str, str], ...]
    known: tuple[str, ...]


def add_urls(
    urls: Sequence[str],
    *,
    lists: Sequence[Found] = (),
    user: User | None,
    allow_private: Iterable[str] = (),
    only_new: bool | None = None,
    index_only: bool = False,
    parser: str = "auto",
    **options: Unpack[CrawlOptions],
) -> Added:
    """Record a crawl and queue a snapshot of each URL, in one transaction. A URL given twice is taken once, with
    what each of its entries says of it.

    Args:
        urls: URLs, or texts that are lists of them (see `read_inputs`), whose titles, tags and dates are kept too.
        lists: what files with lists of URLs have come to; of these the crawl keeps the URLs, not the text.
        allow_private: addresses this crawl may reach although they are private. Never pass what came over the wire.
        only_new: pass over URLs that have a snapshot; None for the setting's choice.
        index_only: record the crawl paused, without capturing anything until it is resumed.
        parser: see `read_inputs`.
        options: see `CrawlOptions`.

    Raises:
        BadInput: no URL can be archived, or an option is bad. Nothing is written then.
    """
    fields = crawl_fields(options)
    found = join([read_inputs(urls, known_parser(parser)), *lists])
    items, refused = _sort_out(found, fields["config"])
    texts = [*urls, *(item.url for one in lists for item in one.items)]
    with transaction.atomic():
        known = _known(list(items)) if (settings().only_new if only_new is None else only_new) else set()
        fitting = at_most(fields["max_urls"], [url for url in items if url not in known])
        crawl = Crawl(created_by=user, urls="\n".join(texts), allow_private=list(allow_private), **fields)
        _begin(crawl, fitting, is_paused=index_only)
        status = SnapshotStatus.PAUSED if index_only else SnapshotStatus.QUEUED
        snapshots = new_snapshots(crawl, fitting.taken, status, paused_by_crawl=index_only, items=items)
        _add_own_tags(snapshots, items, user)
        add_tags(snapshots, ensure_tags(split_tags(crawl.tags_str), user))
        refuse_urls(crawl, [*refused, *fitting.refused])
        if crawl.max_depth and crawl_settings(settings(), crawl.plugins, crawl.config).sitemaps:
            plan_sitemaps(crawl, fitting.taken)
    told = tuple((refusal.url, refusal.reason) for refusal in (*refused, *fitting.refused))
    return Added(crawl, tuple(snapshots), told, tuple(url for url in items if url in known))


def new_snapshots(
    crawl: Crawl,
    urls: Sequence[str],
    status: SnapshotStatus,
    *,
    depth: int = 0,
    paused_by_crawl: bool = False,
    items: Mapping[str, Item] | None = None,
) -> list[Snapshot]:
    """Write a snapshot for each URL, bookmarked now in steps of 1 µs. Call it in a transaction.

    Args:
        depth: how many links away from the crawl's own URLs they are.
        paused_by_crawl: they wait because their crawl does.
        items: by URL, what a list of links says of it: its title counts as given by a person where it is no caption,
            and its date is when the URL was bookmarked, to the next free µs.
    """
    now, items = timezone.now(), items or {}
    added = {url: item.added for url in urls if (item := items.get(url)) and item.added}
    dated = dict(zip(added, free_near(list(added.values())), strict=True))
    undated = [url for url in urls if url not in dated]
    moments = dated | dict(zip(undated, free_moments(now, len(undated)), strict=True))
    titles = {url: item.title for url, item in items.items() if item.title}
    snapshots = [
        Snapshot(
            crawl=crawl,
            url=url,
            domain=domain_of(url),
            depth=depth,
            status=status,
            title=titles.get(url, ""),
            title_edited=url in titles and not items[url].is_caption,
            created_at=now if url in dated else moments[url],
            bookmarked_at=moments[url],
            timestamp=timestamp_of(moments[url]),
            retry_at=now + STEP * place if status == SnapshotStatus.QUEUED else None,
            paused_by_crawl=paused_by_crawl,
        )
        for place, url in enumerate(urls)  # taken up in their order, whatever their dates
    ]
    return Snapshot.objects.bulk_create(snapshots, batch_size=BATCH)


def _begin(crawl: Crawl, fitting: Choice, *, is_paused: bool) -> None:
    """Write the crawl, which has ended already where none of its URLs is taken."""
    crawl.created_at = timezone.now()
    crawl.status = CrawlStatus.PAUSED if is_paused else CrawlStatus.QUEUED
    if not fitting.taken:
        crawl.status, crawl.outcome = CrawlStatus.SEALED, CrawlOutcome.FINISHED
    crawl.limit_reached = limit_of_urls(crawl.max_urls) if fitting.refused else ""
    crawl.save(force_insert=True)


def _sentence(refusal: Refusal) -> str:
    """Return the reason, with the URL in front where only the scope refuses it: other reasons name it themselves."""
    if refusal.rule not in ("denied", "not_allowed"):
        return refusal.reason
    return f"{shorten(without_credentials(refusal.url))!r}: {refusal.reason}"


def _sort_out(found: Found, config: Mapping[str, object]) -> tuple[dict[str, Item], list[Refusal]]:
    """Return what is taken by URL, in order, and what is refused."""
    choice = scope_of(config).choose(item.url for item in found.items)
    refused = refusals_of(found, choice)
    if not choice.taken:
        told = dict.fromkeys(_sentence(refusal) for refusal in refused[:5])
        raise BadInput(*(told or ["No URL was given; give at least one."]))
    items = merged(found.items)
    return {url: items[url] for url in choice.taken}, refused


def _add_own_tags(snapshots: Sequence[Snapshot], items: Mapping[str, Item], user: User | None) -> None:
    """Put on each snapshot the tags that its list gives it."""
    wanted = {snapshot.pk: clean_names(items[snapshot.url].tags) for snapshot in snapshots}
    names = list({name.casefold(): name for own in wanted.values() for name in own}.values())
    tags: dict[str, Tag] = {}
    for start in range(0, len(names), BATCH):
        tags |= {tag.key: tag for tag in ensure_tags(names[start : start + BATCH], user)}
    rows = [
        SnapshotTag(snapshot_id=pk, tag_id=tags[name.casefold()].pk, by_hand=True)
        for pk, own in wanted.items()
        for name in own
    ]
    SnapshotTag.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)


def _known(urls: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(urls), BATCH):
        visible = Snapshot.objects.filter(url__in=urls[start : start + BATCH], hidden=False)
        known.update(visible.values_list("url", flat=True))
    return known
