"""``pagekeep run``: everything in one process tree, for a first look and for small archives."""

import asyncio
import contextlib
import http.client
import os
from collections.abc import Iterator
from dataclasses import dataclass

import click
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User

from pagekeep.archive.accounts import first_admin, list_tokens
from pagekeep.archive.models import Snapshot
from pagekeep.archive.queries import SnapshotFilters, list_snapshots
from pagekeep.capture.chromium.find import find_chromium
from pagekeep.cli.display import showing
from pagekeep.cli.follow import Following, until_ended
from pagekeep.cli.opening import open_archive
from pagekeep.cli.ports import usable_port, web_address
from pagekeep.cli.printing import err, how_to, out
from pagekeep.cli.sample_site import sample_site
from pagekeep.cli.supervise import Children, the_server, the_worker
from pagekeep.config.declarations import PREFIX
from pagekeep.config.load import settings
from pagekeep.domain.errors import EnvironmentProblem
from pagekeep.domain.status import SnapshotStatus
from pagekeep.domain.urls import parse_url
from pagekeep.services.add_urls import Added, add_urls
from pagekeep.services.create_admin import create_admin
from pagekeep.services.issue_token import issue_token
from pagekeep.services.remove_snapshots import remove_snapshots
from pagekeep.services.revoke_token import revoke_token
from pagekeep.worker.signals import stop_on_signals

LABEL = "pagekeep run"
START_SECONDS = 60.0
LIST_PATH = "/api/v1/core/snapshots?with_archiveresults=true"


@dataclass(frozen=True, slots=True)
class Login:
    """Who may log in; ``password`` only if it was made just now."""

    user: User
    password: str


@click.command()
@click.argument("url", default="")
@click.pass_context
def command(ctx: click.Context, url: str) -> None:
    """Archive URL, serve the archive, and stay in the foreground until Ctrl-C.

    The first time this makes the archive and an administrator, whose random password is shown once (or take
    ADMIN_USERNAME and ADMIN_PASSWORD from the environment). Without a URL a new archive begins with the sample page
    that ships with Pagekeep. Run again, it goes on with what is there.
    """
    own = settings()
    if url:
        url = parse_url(url)
    find_chromium(own.chromium)
    port = usable_port(own.host, own.port)
    # What the server and the worker are started with.
    os.environ[f"{PREFIX}PORT"] = str(port)
    os.environ[f"{PREFIX}DATA_DIR"] = str(own.data_dir)
    os.environ.setdefault(f"{PREFIX}LOG_LEVEL", "warning")
    open_archive(create=True)
    ctx.exit(asyncio.run(_run(url, web_address(own.host, port), own.host, port, _login())))


async def _run(url: str, address: str, host: str, port: int, login: Login) -> int:
    """Return the exit code."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with Children((the_server(), the_worker(is_needed=True)), stop) as children:
        if await _answers(host, port, stop):
            with contextlib.ExitStack() as open_until_done:
                added = await sync_to_async(_queue)(url, login.user, open_until_done)
                if added is not None:
                    await _show(added, stop, is_sample=not url)
        if not stop.is_set():
            await sync_to_async(_tell_where)(address, login)
            await stop.wait()
        err.print("Stopping…")
    return children.problem


def _login() -> Login:
    name, password = os.environ.get("ADMIN_USERNAME", "").strip(), os.environ.get("ADMIN_PASSWORD", "")
    admin = User.objects.filter(username=name).first() if name else first_admin()
    if admin is not None:
        return Login(admin, "")
    made = create_admin(name or "admin", password)
    return Login(made.user, "(the one in ADMIN_PASSWORD)" if password else made.password)


def _queue(url: str, user: User, open_until_done: contextlib.ExitStack) -> Added | None:
    """Queue the URL; without one, the sample page if nothing has been archived yet."""
    if url:
        added = add_urls([url], user=user, only_new=False)
        err.print(f"Archiving {url}")
        return added
    if list_snapshots(SnapshotFilters(status=SnapshotStatus.SUCCEEDED)).exists():
        return None
    host, port = open_until_done.enter_context(sample_site())
    err.print("Archiving the sample page that ships with Pagekeep")
    return add_urls(
        [f"http://{host}:{port}/index.html"],
        user=user,
        tags=["sample"],
        label="Sample page",
        allow_private=(f"{host}:{port}",),
        only_new=False,
    )


async def _show(added: Added, stop: asyncio.Event, *, is_sample: bool) -> None:
    with showing(len(added.snapshots)) as display:
        ended = await until_ended(Following(added.crawl.pk, display, _nothing), stop, capture_here=False)
    if not ended and is_sample:  # its server goes with us: it could only fail later
        await sync_to_async(remove_snapshots)([snapshot.pk for snapshot in added.snapshots])


def _nothing(page: Snapshot) -> None:
    """The display has told it."""


async def _answers(host: str, port: int, stop: asyncio.Event) -> bool:
    """Wait until the server answers; return False if we are asked to stop before.

    Raises:
        EnvironmentProblem: it does not answer for a long time.
    """
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while not stop.is_set():
        if await asyncio.to_thread(_ask, host, port):
            return True
        if asyncio.get_running_loop().time() > deadline:
            raise EnvironmentProblem(
                f"The server did not answer within {START_SECONDS:g} s; pagekeep doctor may say why."
            )
        with contextlib.suppress(TimeoutError):  # which only means: look again
            await asyncio.wait_for(stop.wait(), 0.1)
    return False


def _ask(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(reachable, port, timeout=5)
    try:
        connection.request("GET", "/admin/login/")  # /health/ is not well before a worker is there
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _tell_where(address: str, login: Login) -> None:
    for token in list_tokens().filter(label=LABEL, created_by=login.user, revoked_at=None):
        revoke_token(str(token.pk))
    _, text = issue_token(login.user, label=LABEL)
    for line in _where(address, login, text):
        out.print(line)
    out.file.flush()


def _where(address: str, login: Login, token: str) -> Iterator[str]:
    name = login.user.get_username()
    yield ""
    yield f"  Open       {address}"
    if login.password:
        yield f"  Login      {name}"
        yield f"  Password   {login.password}"
        if not os.environ.get("ADMIN_PASSWORD"):
            yield f"             (shown only now; another one: {how_to(f'user password {name}')})"
    else:
        yield f"  Login      {name} (password forgotten? {how_to(f'user password {name}')})"
    yield "  API        a token for this run:"
    yield f"curl -H 'X-ArchiveBox-API-Key: {token}' '{address}{LIST_PATH}'"
    yield ""
    yield "  Ctrl-C stops everything."
