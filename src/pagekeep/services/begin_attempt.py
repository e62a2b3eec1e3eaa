"""Get a claimed snapshot ready to be captured."""

import sys
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from pagekeep.archive.models import Crawl, Snapshot
from pagekeep.archive.queue import held
from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.capture.values import CaptureRequest, Limits
from pagekeep.config.declarations import Settings
from pagekeep.config.load import settings
from pagekeep.domain.identity import Identity
from pagekeep.domain.results import Result
from pagekeep.domain.status import CrawlStatus, ResultStatus
from pagekeep.services.crawl_config import CrawlSettings, crawl_settings
from pagekeep.services.known_file import known_file
from pagekeep.services.listeners import own_addresses
from pagekeep.services.load_identity import load_identity
from pagekeep.services.obey_limits import start_clock
from pagekeep.services.record_result import lease_lost, put_results, update_sums
from pagekeep.services.recorded import UNMADE, Recorded, as_result, results_of
from pagekeep.services.retry_snapshot import missing_of
from pagekeep.services.seal_crawl import open_crawl

ALWAYS = ("hashes",)
_NEEDED = (
    *("url", "depth", "status", "downloaded_at", "response_status", "num_results"),
    *("crawl__status", "crawl__max_depth", "crawl__plugins", "crawl__config", "crawl__persona"),
    *("crawl__allow_private", "crawl__snapshot_max_size", "crawl__crawl_timeout", "crawl__ends_at"),
)


def begin_attempt(owner: UUID, snapshot_id: UUID) -> CaptureRequest:
    """Queue the outputs that are to be made and return what to capture. Outputs that succeeded before are kept, unless
    they are of an error page over which the worker died.

    Where every output was kept and only the end of the attempt was lost, the page is visited for its list of files.

    Raises:
        LeaseLost: the worker does not hold the snapshot any more.
        NotFound: the crawl's persona was removed.
    """
    with transaction.atomic():
        snapshot = held(owner, snapshot_id).select_related("crawl").only(*_NEEDED).first()
        if snapshot is None:
            raise lease_lost(snapshot_id)
        rows = results_of(snapshot_id) if snapshot.num_results else []
        if _broke_off_at_an_error(snapshot):
            held(owner, snapshot_id).update(response_status=None)
            rows = [row for row in rows if row.hook_name or row.uploads is not None]
        own = [(row.plugin, row.status, row.uploads) for row in rows if not row.hook_name]
        plugins = missing_of(snapshot, own) or ALWAYS
        put_results(snapshot_id, dict.fromkeys(plugins, UNMADE))
        update_sums(snapshot_id)
        if snapshot.crawl.status not in (CrawlStatus.STARTED, CrawlStatus.PAUSED):
            open_crawl(snapshot.crawl_id, CrawlStatus.STARTED)
        start_clock(snapshot.crawl)
    kept = tuple(as_result(row) for row in rows if _is_kept(row, plugins))
    return _request(snapshot, plugins, kept)


def _broke_off_at_an_error(snapshot: Snapshot) -> bool:
    """Whether the worker died over an error page: the next answer may be the page, which is made as a whole then."""
    return snapshot.downloaded_at is None and (snapshot.response_status or 0) >= 400


def _is_kept(row: Recorded, plugins: tuple[str, ...]) -> bool:
    """Whether an output was made before and is not to be made anew."""
    again = row.plugin in plugins and not row.hook_name
    return row.status == ResultStatus.SUCCEEDED and row.uploads is None and not again


def _request(snapshot: Snapshot, plugins: tuple[str, ...], kept: tuple[Result, ...]) -> CaptureRequest:
    own, crawl = settings(), snapshot.crawl
    chosen = crawl_settings(own, crawl.plugins, crawl.config)
    return CaptureRequest(
        url=snapshot.url,
        plugins=plugins,
        kept=kept,
        allow_private=(*own.allow_private, *crawl.allow_private),
        refuse=own_addresses(),
        identity=_identity(crawl, chosen),
        secrecy=Secrecy(credentials=own.keep_secrets, cookies=not own.redact_cookies),
        check_certificates=chosen.check_certificates,
        block_list=chosen.block_list,
        behaviours=chosen.behaviours,
        limits=_limits(own, chosen.timeout, crawl.snapshot_max_size),
        known=known_file(snapshot) if "static" in plugins else None,
    )


def _identity(crawl: Crawl, chosen: CrawlSettings) -> Identity:
    """Return the persona's, save that the crawl's USER_AGENT wins, and the setting's stands where neither has one."""
    identity = load_identity(crawl.persona)
    if crawl.config.get("USER_AGENT") or not identity.user_agent:
        identity = replace(identity, user_agent=chosen.user_agent)
    return identity


def _limits(own: Settings, timeout: float, most: int) -> Limits:
    """Return the limits of a visit; ``most`` is what all outputs may take, 0 for no limit of its own."""
    most = most or sys.maxsize
    return Limits(
        open=timeout,
        settle=own.settle_timeout,
        output=own.output_timeout,
        download=own.download_timeout,
        body=min(own.max_body_size, most),
        visit=min(own.max_visit_size, most),
        download_size=min(own.max_download_size, most),
        height=own.max_height,
        outputs=most,
    )
