"""``/cli/add``."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from pagekeep.api.auth import any_token
from pagekeep.api.call import call_of
from pagekeep.api.command_reply import command_reply
from pagekeep.api.schemas.cli import NOT_YET, AddCommandSchema, CLICommandResponseSchema
from pagekeep.api.schemas.common import responses
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.tagging import split_tags

router = Router(tags=["Commands"])


@router.post(
    "/add",
    operation_id="cli_add",
    summary="Add URLs to the archive",
    auth=any_token("add"),
    response=responses(CLICommandResponseSchema, 413),
)
def add(request: HttpRequest, body: AddCommandSchema) -> HttpResponse:
    """Answers as soon as the snapshots are queued. URLs that cannot be archived are listed with the reason."""
    call = call_of(request)
    added = add_urls(
        body.urls,
        user=call.user,
        tags=split_tags(body.tag),
        depth=body.depth,
        plugins=_names(body.plugins) or _names(body.extractors),
        only_new=False if body.only_new is None and (body.update or body.overwrite) else body.only_new,
        index_only=body.index_only,
        persona=body.persona,
        parser=body.parser,
        max_urls=body.max_urls,
        max_size=body.crawl_max_size,
        crawl_timeout=body.crawl_timeout,
        snapshot_max_size=body.snapshot_max_size,
    )
    call.stdout.append(_told(added, paused=body.index_only))
    call.stderr += _warnings(body, added)
    return command_reply(
        request,
        {
            "crawl_id": added.crawl.pk,
            "num_snapshots": len(added.snapshots),
            "snapshot_ids": [snapshot.pk for snapshot in added.snapshots],
            "queued_urls": _as_sent(body.urls, added),
            "refused": [{"url": url, "reason": reason} for url, reason in added.refused],
        },
    )


def _names(text: str | list[str]) -> list[str]:
    return split_tags(text) if isinstance(text, str) else text


def _as_sent(urls: list[str], added: Added) -> list[str]:
    """Return the URLs that have a snapshot, byte for byte as they were sent, singly or in a list, each once."""
    sent: dict[str, str] = {}
    for url in urls:
        sent.setdefault(url.strip(), url)
    return [sent.get(snapshot.url, snapshot.url) for snapshot in added.snapshots]


def _told(added: Added, *, paused: bool) -> str:
    number = len(added.snapshots)
    word = "Recorded" if paused else "Queued"
    return f"{word} {number} snapshot{'' if number == 1 else 's'} in crawl {added.crawl.pk}."


def _warnings(body: AddCommandSchema, added: Added) -> list[str]:
    warnings = []
    if added.refused:
        warnings.append(f"Refused {len(added.refused)}: {added.refused[0][1]}")
    if added.known:
        warnings.append(f"Passed over {len(added.known)} that are in the archive already (only_new).")
    idle = [name for name in NOT_YET if getattr(body, name)]
    if added.crawl.limit_reached:
        warnings.append(added.crawl.limit_reached)
    if idle:
        warnings.append(f"Without effect: {', '.join(idle)}.")
    return warnings
