from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from pagekeep.search.triggers import drop_triggers, make_triggers


class SearchConfig(AppConfig):
    name = "pagekeep.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the triggers anew with each migration: SQLite drops those of a table that is rebuilt."""
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(make_triggers, sender=self)
