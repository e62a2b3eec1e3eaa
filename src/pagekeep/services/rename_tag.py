"""Give a tag another name."""

from django.db import transaction
from django.utils import timezone

from pagekeep.archive.models import Tag
from pagekeep.domain.errors import BadInput, NotFound
from pagekeep.services.tagged_snapshots import touch_tagged
from pagekeep.services.tagging import clean_name, slug_of


def rename_tag(tag_id: int, name: str) -> Tag:
    """Rename a tag, on all snapshots at once; their ``modified_at`` follows, some thousands at a time.

    Raises:
        BadInput: the name is another tag's, empty, too long, or holds a comma or control character.
        NotFound: there is no such tag.
    """
    name = clean_name(name)
    with transaction.atomic():
        tag = Tag.objects.filter(pk=tag_id).first()
        if tag is None:
            raise NotFound(f"There is no tag {tag_id} in this archive.")
        if tag.name == name:
            return tag
        other = Tag.objects.filter(key=name.casefold()).exclude(pk=tag_id).first()
        if other is not None:
            raise BadInput(f"There is a tag {other.name!r} already; choose another name.")
        tag.name, tag.key, tag.slug, tag.modified_at = name, name.casefold(), slug_of(name), timezone.now()
        tag.save(update_fields=("name", "key", "slug", "modified_at"))
    touch_tagged(tag_id)
    return tag
