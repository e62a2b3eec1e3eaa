"""One file per record. Columns and constraints; nothing happens in save()."""

from pagekeep.archive.models.api_token import APIToken
from pagekeep.archive.models.archive_result import ArchiveResult
from pagekeep.archive.models.counts import StatusCount
from pagekeep.archive.models.crawl import Crawl
from pagekeep.archive.models.crawl_refusal import CrawlRefusal, RefusalCount
from pagekeep.archive.models.crawl_sitemap import CrawlSitemap
from pagekeep.archive.models.host import Host, Lane
from pagekeep.archive.models.login_failure import LoginFailure
from pagekeep.archive.models.machine import Binary, Machine
from pagekeep.archive.models.persona import Persona
from pagekeep.archive.models.robots_file import RobotsFile
from pagekeep.archive.models.schedule import Schedule
from pagekeep.archive.models.snapshot import Snapshot
from pagekeep.archive.models.snapshot_tag import SnapshotTag
from pagekeep.archive.models.tag import Tag
from pagekeep.archive.models.tally import Tally
from pagekeep.archive.models.webhook import Webhook, WebhookDelivery, WebhookEvent
from pagekeep.archive.models.worker import Worker

__all__ = [
    "APIToken",
    "ArchiveResult",
    "Binary",
    "Crawl",
    "CrawlRefusal",
    "CrawlSitemap",
    "Host",
    "Lane",
    "LoginFailure",
    "Machine",
    "Persona",
    "RefusalCount",
    "RobotsFile",
    "Schedule",
    "Snapshot",
    "SnapshotTag",
    "StatusCount",
    "Tag",
    "Tally",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
    "Worker",
]
