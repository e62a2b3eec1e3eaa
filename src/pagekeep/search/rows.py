"""Search where the database has no index, as PostgreSQL for now: every row is looked at.

URL, title, tags, id and timestamp are found as they are with an index; what is in the pages is not.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet

from pagekeep.domain.errors import BadInput
from pagekeep.search.index import Agreement, Asked, Found, Part, SearchMode


class RowSearch:
    """See `SearchIndex`. What is asked of the texts of pages raises BadInput."""

    def find(self, asked: Asked, most: int) -> Found:
        rows = self._newest(asked)
        return Found(list(rows[:most]), rows.count())

    def newest(self, asked: Asked, most: int) -> list[str]:
        return list(self._newest(asked)[:most])

    def condition(self, asked: Asked) -> Q:
        if asked.mode != SearchMode.META:
            raise BadInput(
                "The texts of pages cannot be searched on PostgreSQL yet; search URL, title and tags in the mode meta"
                " (search_mode=meta, --in meta)."
            )
        text = asked.text
        if not text:  # what cannot be read must not mean everything
            return Q(pk__in=())
        links = apps.get_model("archive", "SnapshotTag").objects.filter(tag__key__contains=text.casefold())
        found = Q(url__icontains=text) | Q(title__icontains=text) | Q(timestamp__contains=text)
        digits = text.replace("-", "")
        if re.fullmatch("[0-9a-f]{1,32}", digits.lower()):
            found |= Q(id__icontains=digits)
        return found | Q(pk__in=links.values("snapshot_id"))

    def passages(self, asked: Asked, timestamps: Collection[str]) -> Mapping[str, list[Part]]:
        return {}

    def put_text(self, snapshot_id: UUID, text: str, deeper: str) -> None:
        """Keep nothing: an index to come can read it from the snapshot's files."""

    def agreement(self) -> Agreement:
        number = _listed().count()
        return Agreement(number, number, 0)

    def start_refill(self) -> bool:
        return True

    def refill_some(self) -> int:
        return 0

    def _newest(self, asked: Asked) -> QuerySet[Any, str]:
        rows = _listed().filter(self.condition(asked)).order_by("-timestamp")
        return rows.values_list("timestamp", flat=True)


def _listed() -> QuerySet[Any]:
    return apps.get_model("archive", "Snapshot").objects.filter(hidden=False)
