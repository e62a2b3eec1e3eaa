"""Make a key to the API invalid for good."""

from django.db.models import Q
from django.utils import timezone

from pagekeep.archive.models import APIToken
from pagekeep.archive.references import find_one, id_range


def revoke_token(reference: str) -> APIToken:
    """Revoke the token an id, an id's prefix or the token's own first characters name; doing it twice changes nothing.

    Raises:
        NotFound, AmbiguousReference
    """
    tokens = APIToken.objects.select_related("created_by")
    token = find_one(tokens, [id_range(reference), Q(prefix=reference.strip().lower()[:6])], "token", reference)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
    return token
