"""Put tags on snapshots."""

import unicodedata
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from pagekeep.archive.models import Snapshot, Tag
from pagekeep.domain.errors import BadInput
from pagekeep.domain.urls import shorten

MAX_LENGTH = 255


def split_tags(text: str) -> list[str]:
    """Return the names in comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()]


def clean_names(names: Iterable[str]) -> list[str]:
    """Return the names trimmed, without empty ones and without those that differ from an earlier one in case only.

    Raises:
        BadInput: a name is too long.
    """
    kept: dict[str, str] = {}
    for name in names:
        clean = " ".join(unicodedata.normalize("NFC", name).split())
        if len(clean.casefold()) > MAX_LENGTH:
            raise BadInput(f"The tag {shorten(clean, 40)!r} is longer than {MAX_LENGTH} characters; shorten it.")
        if clean:
            kept.setdefault(clean.casefold(), clean)
    return list(kept.values())


def ensure_tags(names: Iterable[str], user: User | None) -> list[Tag]:
    """Return the tags of these names, making those that do not exist. Call it in a transaction.

    Raises:
        BadInput: a name is too long.
    """
    wanted = {name.casefold(): name for name in clean_names(names)}
    known = {tag.key: tag for tag in Tag.objects.filter(key__in=wanted)}
    now = timezone.now()
    for key, name in wanted.items():
        if key not in known:
            slug = slugify(name, allow_unicode=True) or key
            fields = {"name": name, "slug": slug[:MAX_LENGTH], "created_at": now, "created_by": user}
            known[key], _ = Tag.objects.get_or_create(key=key, defaults=fields)
    return [known[key] for key in wanted]


def add_tags(snapshots: Iterable[Snapshot], tags: Iterable[Tag]) -> None:
    """Put every tag on every snapshot; those there stay."""
    through = Snapshot.tags.through
    tags = list(tags)
    rows = [through(snapshot_id=snapshot.pk, tag_id=tag.pk) for snapshot in snapshots for tag in tags]
    through.objects.bulk_create(rows, ignore_conflicts=True)
