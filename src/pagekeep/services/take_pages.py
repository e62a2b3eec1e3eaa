"""Queue the pages that a crawl found, as far as it takes them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from django.db.models import Count, Max, Q

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.config.load import settings
from pagekeep.crawl.reach import REACHES, Reach, roots_of
from pagekeep.crawl.refusal import Refusal
from pagekeep.crawl.robots import origin_of
from pagekeep.crawl.scope import at_most, limit_of_urls, next_pages
from pagekeep.crawl.traps import family_of, refuse_traps
from pagekeep.domain.status import CrawlStatus, SnapshotStatus
from pagekeep.services.add_urls import new_snapshots
from pagekeep.services.crawl_config import crawl_settings
from pagekeep.services.learn_robots import learn_robots
from pagekeep.services.obey_limits import note_limit
from pagekeep.services.obey_robots import robots_judge
from pagekeep.services.refuse_urls import forget_refusals, refuse_urls
from pagekeep.services.tagging import add_tags, ensure_tags, split_tags

BATCH = 500


def take_pages(
    crawl: Crawl, links: Iterable[str], depth: int, *, passed_over: Collection[str] = (), widest: str = "any"
) -> int:
    """Queue the pages that links lead to, that a crawl takes and does not have yet; return how many those are.

    What it has is no news, what it does not take is counted with its reason. Those of a paused crawl wait until it is
    resumed. To do it twice changes nothing. It costs the same number of statements however large the crawl is.
    Call it in a transaction.

    Args:
        crawl: locked, so that nobody else adds to it at the same time.
        depth: how many links away from the crawl's own URLs the pages are.
        passed_over: identities of pages that are none to go to.
        widest: a reach beyond which none of them is taken, whatever the crawl's is.
    """
    chosen = crawl_settings(settings(), crawl.plugins, crawl.config)
    found = next_pages(links, settings().tracking_parameters, passed_over)
    known = _known(crawl, list(found))
    new = [url for identity, url in found.items() if identity not in known]
    choice = chosen.scope.choose(
        new, _reach_of(crawl, min(chosen.reach, widest, key=REACHES.index)).refuse, refuse_traps
    )
    refused, wanted = list(choice.refused), choice.taken
    if chosen.obey_robots:
        allowed = chosen.scope.choose(wanted, robots_judge(wanted))
        wanted = allowed.taken
        refused += allowed.refused
    wanted = _few_of_a_family(crawl, wanted, refused)
    already = Snapshot.objects.filter(crawl_id=crawl.pk).count() if crawl.max_urls else 0
    fitting = at_most(crawl.max_urls, wanted, already)
    paused = crawl.status == CrawlStatus.PAUSED
    status = SnapshotStatus.PAUSED if paused else SnapshotStatus.QUEUED
    added = new_snapshots(crawl, fitting.taken, status, depth=depth, paused_by_crawl=paused)
    add_tags(added, ensure_tags(split_tags(crawl.tags_str), crawl.created_by))
    if crawl.num_refused:
        forget_refusals(crawl, fitting.taken)
    refuse_urls(crawl, [*refused, *fitting.refused], depth)
    if fitting.refused:
        note_limit(crawl, limit_of_urls(crawl.max_urls))
    return len(added)


def learn_robots_of(crawl: Crawl, links: Iterable[str]) -> None:
    """Fetch the robots.txt of where links lead that a crawl would take, in bounded time. Never in a transaction.

    What is not known afterwards is asked for before the visit; `take_pages` does not wait for it.
    """
    chosen = crawl_settings(settings(), crawl.plugins, crawl.config)
    if chosen.obey_robots:
        found = next_pages(links, settings().tracking_parameters).values()
        taken = chosen.scope.choose(found, _reach_of(crawl, chosen.reach).refuse, refuse_traps).taken
        learn_robots(map(origin_of, taken), crawl)


def _known(crawl: Crawl, identities: Sequence[str]) -> set[str]:
    """Return those of the identities that are pages the crawl has, or where redirects of its pages led."""
    known: set[str] = set()
    own = Snapshot.objects.filter(crawl_id=crawl.pk)
    for start in range(0, len(identities), BATCH):
        some = identities[start : start + BATCH]
        known.update(own.filter(identity__in=some).values_list("identity", flat=True))
        known.update(own.filter(final_identity__in=some).values_list("final_identity", flat=True))
    return known


_reaches: dict[tuple[object, ...], Reach] = {}


def _reach_of(crawl: Crawl, name: str) -> Reach:
    """Return how far a crawl goes. What its seeds come to is remembered until there are others."""
    if name == "any":
        return Reach()
    seeds = Snapshot.objects.filter(crawl_id=crawl.pk, depth=0)
    redirected = Count("pk", filter=~Q(final_identity=""))
    state = seeds.aggregate(number=Count("pk"), newest=Max("created_at"), redirected=redirected)
    key = (crawl.pk, name, *state.values())
    if key not in _reaches:
        if len(_reaches) >= 64:
            _reaches.clear()
        urls = {url for pair in seeds.values_list("url", "final_url") for url in pair if url}
        _reaches[key] = Reach(name, roots_of(urls, name))
    return _reaches[key]


def _few_of_a_family(crawl: Crawl, urls: Sequence[str], refused: list[Refusal]) -> tuple[str, ...]:
    """Return the URLs without those of which the crawl has enough variations already; put these to the refused."""
    most = settings().max_variations
    families = {url: family for url in urls if (family := family_of(url))} if most else {}
    there: Counter[str] = Counter()
    names = list(dict.fromkeys(families.values()))
    for start in range(0, len(names), BATCH):
        own = Snapshot.objects.filter(crawl_id=crawl.pk, family__in=names[start : start + BATCH])
        there.update(dict(own.order_by().values_list("family").annotate(number=Count("pk"))))
    kept = []
    for url in urls:
        family = families.get(url, "")
        if family and there[family] >= most:
            why = f"The crawl has {most} variations of this path (PAGEKEEP_MAX_VARIATIONS) and takes no more."
            refused.append(Refusal(url, "too_many_variations", why))
            continue
        there[family] += 1
        kept.append(url)
    return tuple(kept)
