"""``pagekeep tag``"""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

import click

from pagekeep.archive.accounts import first_admin
from pagekeep.archive.models import Tag
from pagekeep.archive.named_snapshots import named_snapshots
from pagekeep.archive.tag_queries import TagFilters, find_tag, list_tags
from pagekeep.cli.bars import Bars
from pagekeep.cli.exit_codes import STOPPED
from pagekeep.cli.opening import open_archive
from pagekeep.cli.piping import SNAPSHOTS, required
from pagekeep.cli.printing import count_text, err, json_option, out, print_json
from pagekeep.cli.stopping import stoppable
from pagekeep.domain.errors import BadInput
from pagekeep.services.delete_tag import delete_tag
from pagekeep.services.rename_tag import rename_tag
from pagekeep.services.tag_snapshot import tag_snapshot, untag_snapshot
from pagekeep.services.tagging import clean_names

snapshots = click.argument("references", nargs=-1, metavar="[REF|URL]...")


@click.group()
def command() -> None:
    """Tags: put them on snapshots, take them off, list, rename and delete them.

    REF is a snapshot's id, the beginning of one, or its timestamp; a URL means every snapshot of it. Without any, and
    for -, they are read from standard input:

    \b
    pagekeep search lighthouse --json | pagekeep tag add lights,coast
    """


@command.command("list")
@click.argument("text", required=False, metavar="[FILTER]")
@json_option
def list_(text: str | None, as_json: bool) -> None:
    """List the tags by name, with how many snapshots have them. FILTER is a part of the name."""
    open_archive(create=False)
    for tag in list_tags(TagFilters(search=text, sort="name")).iterator():
        _tell(tag, as_json=as_json)


@command.command()
@click.argument("names", metavar="TAG[,TAG]...")
@snapshots
@click.pass_context
def add(ctx: click.Context, names: str, references: tuple[str, ...]) -> None:
    """Put tags on snapshots; those there stay."""
    wanted = _names(names)
    open_archive(create=False)
    user = first_admin()
    _each(ctx, references, "tagged", [partial(tag_snapshot, user=user, name=name) for name in wanted])


@command.command()
@click.argument("names", metavar="TAG[,TAG]...")
@snapshots
@click.pass_context
def remove(ctx: click.Context, names: str, references: tuple[str, ...]) -> None:
    """Take tags off snapshots; the tags themselves stay."""
    wanted = _names(names)
    open_archive(create=False)
    ids = [find_tag(name).pk for name in wanted]  # one that does not exist is told before anything is changed
    _each(ctx, references, "untagged", [partial(untag_snapshot, tag_id=tag_id) for tag_id in ids])


@command.command()
@click.argument("tag")
@click.argument("name")
@json_option
def rename(tag: str, name: str, as_json: bool) -> None:
    """Give TAG another NAME, on all its snapshots."""
    open_archive(create=False)
    _tell(rename_tag(find_tag(tag).pk, name), as_json=as_json)


@command.command()
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
def delete(tags: tuple[str, ...]) -> None:
    """Take tags off every snapshot, and delete them. The snapshots stay."""
    open_archive(create=False)
    found = [find_tag(name) for name in tags]
    for tag in found:
        delete_tag(tag.pk)
        out.print(f"{tag.name} was taken off {count_text(tag.num_snapshots, 'snapshot')} and deleted.")


def _each(
    ctx: click.Context, references: Sequence[str], done: str, changes: Sequence[Callable[[UUID], object]]
) -> None:
    found = named_snapshots(required(references, SNAPSHOTS))
    number = 0
    with Bars() as told, stoppable() as stopped:
        for snapshot in found:
            if stopped():
                break
            for change in changes:
                change(snapshot.pk)
            number += 1
            told(done, len(found) - number)
    out.print(f"{count_text(number, 'snapshot')} {done}.")
    if number < len(found):
        err.print(f"Stopped; {len(found) - number} are left. The same command does the rest.")
        ctx.exit(STOPPED)


def _names(text: str) -> list[str]:
    names = clean_names([text])
    if not names:
        raise BadInput("No tag was named.")
    return names


def _tell(tag: Tag, *, as_json: bool) -> None:
    if as_json:
        number = {"num_snapshots": tag.num_snapshots}
        print_json({"type": "tag", "id": tag.pk, "name": tag.name, "slug": tag.slug, **number})
    else:
        out.print(f"{tag.name}  {tag.num_snapshots}")
