"""Make a tag."""

from django.contrib.auth.models import User
from django.db import transaction

from pagekeep.archive.models import Tag
from pagekeep.services.tagging import clean_name, ensure_tags


def create_tag(name: str, user: User | None) -> tuple[Tag, bool]:
    """Return the tag of this name, whatever its case, and whether it is new.

    Raises:
        BadInput: the name is empty, too long, or holds a comma or control character.
    """
    name = clean_name(name)
    with transaction.atomic():
        known = Tag.objects.filter(key=name.casefold()).first()
        return (known, False) if known else (ensure_tags([name], user)[0], True)
