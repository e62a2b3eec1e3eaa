"""Delete a tag."""

from django.db import transaction

from pagekeep.archive.models import Tag
from pagekeep.domain.errors import NotFound
from pagekeep.services.tagged_snapshots import untag_some


def delete_tag(tag_id: int) -> None:
    """Take a tag off every snapshot and delete it; the snapshots stay.

    Many snapshots are done some thousands at a time, so that others can write in between. A kill leaves the tag on the
    rest of them; deleting it again goes on.

    Raises:
        NotFound: there is no such tag.
    """
    if not Tag.objects.filter(pk=tag_id).exists():
        raise NotFound(f"There is no tag {tag_id} in this archive.")
    done = False
    while not done:
        with transaction.atomic():
            done = untag_some(tag_id)
            if done:
                Tag.objects.filter(pk=tag_id).delete()
