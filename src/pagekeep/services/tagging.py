"""Put tags on snapshots."""

import re
import unicodedata
from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from pagekeep.archive.models import Snapshot, SnapshotTag, Tag
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

MAX_LENGTH = 255
_LINE_SPACE = re.compile(r"[\t-\r]")
"""Tabs and ends of lines, which lists of links have in names; spaces stay as many as they are."""


def split_tags(text: str) -> list[str]:
    """Return the names in comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()]


def clean_names(names: Iterable[str]) -> list[str]:
    """Return the names trimmed, without empty ones and without those that differ from an earlier one in case only.

    A comma separates names here too: a tag whose name holds one could never be named where tags are one text.

    Raises:
        BadInput: a name is too long or holds a control character.
    """
    kept: dict[str, str] = {}
    for name in ",".join(names).split(","):
        clean = _LINE_SPACE.sub(" ", unicodedata.normalize("NFC", name)).strip()
        if len(clean.casefold()) > MAX_LENGTH:
            raise BadInput(f"The tag {shorten(clean, 40)!r} is longer than {MAX_LENGTH} characters; shorten it.")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in clean):
            raise BadInput(f"The tag {shorten(clean, 40)!r} holds a control character; remove it.")
        if clean:
            kept.setdefault(clean.casefold(), clean)
    return list(kept.values())


def clean_name(name: str) -> str:
    """Return the name of one tag, trimmed.

    Raises:
        BadInput: it is empty, too long, or holds a comma or control character.
    """
    names = clean_names([name])
    if "," in name or not names:
        raise BadInput(f"{shorten(name, 40)!r} is no tag's name: it is empty or holds a comma, which separates names.")
    return names[0]


def slug_of(name: str) -> str:
    """Return the form of a tag's name for addresses: lower case, joined by dashes; not always unique."""
    return (slugify(name, allow_unicode=True) or name.casefold())[:MAX_LENGTH]


def ensure_tags(names: Iterable[str], user: User | None) -> list[Tag]:
    """Return the tags of these names, making those that do not exist. Call it in a transaction.

    Raises:
        BadInput: a name is too long or holds a control character.
    """
    wanted = {name.casefold(): name for name in clean_names(names)}
    known = {tag.key: tag for tag in Tag.objects.filter(key__in=wanted)}
    now = timezone.now()
    for key, name in wanted.items():
        if key not in known:
            fields = {"name": name, "slug": slug_of(name), "created_at": now, "created_by": user}
            known[key], _ = Tag.objects.get_or_create(key=key, defaults=fields)
    return [known[key] for key in wanted]


def add_tags(snapshots: Iterable[Snapshot], tags: Iterable[Tag]) -> None:
    """Put every tag of a crawl on snapshots of it; those there stay."""
    tags = list(tags)
    rows = [SnapshotTag(snapshot_id=snapshot.pk, tag_id=tag.pk) for snapshot in snapshots for tag in tags]
    SnapshotTag.objects.bulk_create(rows, ignore_conflicts=True)


def replace_tags(snapshot_id: UUID, tags: Iterable[Tag]) -> None:
    """Leave a snapshot with these tags and no others, as someone has told by hand. Call it in a transaction."""
    rows = [SnapshotTag(snapshot_id=snapshot_id, tag_id=tag.pk, by_hand=True) for tag in tags]
    SnapshotTag.objects.filter(snapshot_id=snapshot_id).exclude(tag_id__in=[row.tag_id for row in rows]).delete()
    SnapshotTag.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["snapshot", "tag"], update_fields=["by_hand"]
    )
