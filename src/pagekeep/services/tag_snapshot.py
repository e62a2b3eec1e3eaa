"""Put one tag on a snapshot, or take it off."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Snapshot, SnapshotTag, Tag
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.domain.urls import shorten
from pagekeep.services.tagging import clean_name, ensure_tags


def tag_snapshot(snapshot_id: UUID, *, user: User | None, name: str | None = None, tag_id: int | None = None) -> Tag:
    """Put a tag on a snapshot; one of a new name is made. On it already is fine.

    Args:
        name: the tag, unless ``tag_id`` says which.

    Raises:
        BadInput: neither is given, or the name is empty, too long, or holds a comma or control character.
        NotFound: there is no such snapshot, or no tag of this id.
    """
    with transaction.atomic():
        if not Snapshot.objects.filter(pk=snapshot_id).exists():
            raise NotFound(f"There is no snapshot {snapshot_id} in this archive.")
        tag = _existing(None, tag_id) if tag_id is not None else ensure_tags([clean_name(_given(name))], user)[0]
        link, made = SnapshotTag.objects.get_or_create(
            snapshot_id=snapshot_id, tag_id=tag.pk, defaults={"by_hand": True}
        )
        if made:
            _touch(snapshot_id)
        elif not link.by_hand:
            SnapshotTag.objects.filter(pk=link.pk).update(by_hand=True)
    return tag


def untag_snapshot(snapshot_id: UUID, *, name: str | None = None, tag_id: int | None = None) -> Tag:
    """Take a tag off a snapshot; not on it is fine.

    Args:
        name: the tag, unless ``tag_id`` says which.

    Raises:
        BadInput: neither is given, or the name can be no tag's.
        NotFound: there is no such tag.
    """
    with transaction.atomic():
        tag = _existing(name, tag_id)
        if SnapshotTag.objects.filter(snapshot_id=snapshot_id, tag_id=tag.pk).delete()[0]:
            _touch(snapshot_id)
    return tag


def _existing(name: str | None, tag_id: int | None) -> Tag:
    if tag_id is not None:
        tag, said = Tag.objects.filter(pk=tag_id).first(), str(tag_id)
    else:
        clean = clean_name(_given(name))
        tag, said = Tag.objects.filter(key=clean.casefold()).first(), repr(shorten(clean, 40))
    if tag is None:
        raise NotFound(f"There is no tag {said} in this archive.")
    return tag


def _given(name: str | None) -> str:
    if name is None:
        raise BadInput("No tag is named; give tag_name or tag_id.")
    return name


def _touch(snapshot_id: UUID) -> None:
    Snapshot.objects.filter(pk=snapshot_id).update(modified_at=timezone.now())
