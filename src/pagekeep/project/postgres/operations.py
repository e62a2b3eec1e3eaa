"""How values are handed to PostgreSQL."""

from typing import Any

from django.db.backends.postgresql import operations

from pagekeep.project.postgres.texts import storable


class DatabaseOperations(operations.DatabaseOperations):
    """Django's own, for JSON that pages have made."""

    def adapt_json_value(self, value: Any, encoder: Any) -> Any:
        return super().adapt_json_value(storable(value), encoder)
