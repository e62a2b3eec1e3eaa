"""The root of the API: what it is called and which routers answer."""

from ninja import NinjaAPI

from pagekeep.api.errors import add_handlers
from pagekeep.api.parsing import JsonParser, naming_the_unknown
from pagekeep.api.routers import (
    auth,
    cli,
    cli_schedule,
    cli_snapshots,
    crawl_files,
    crawls,
    machines,
    objects,
    personas,
    results,
    snapshots,
    tags,
    webhooks,
    workers,
)

api = NinjaAPI(
    title="Pagekeep – ArchiveBox-compatible API",  # apps refuse a server whose title lacks the second name
    version="1",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=JsonParser(),
)
add_handlers(api)
api.add_decorator(naming_the_unknown)
api.add_router("/auth", auth.router)
api.add_router("/core", snapshots.router)
api.add_router("/core", results.router)
api.add_router("/core", tags.router)
api.add_router("/core", objects.router)
api.add_router("/crawls", crawls.router)
api.add_router("/crawls", crawl_files.router)
api.add_router("/cli", cli.router)
api.add_router("/cli", cli_snapshots.router)
api.add_router("/cli", cli_schedule.router)
api.add_router("/workers", workers.router)
api.add_router("/machine", machines.router)
api.add_router("/personas", personas.router)
api.add_router("/webhooks", webhooks.router)
