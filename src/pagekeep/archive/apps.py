from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from pagekeep.archive.sql_functions import add_functions
from pagekeep.archive.triggers import install_triggers, remove_triggers


class ArchiveConfig(AppConfig):
    name = "pagekeep.archive"
    label = "archive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the triggers made whenever the schema may have changed, and every connection taught its functions."""
        connection_created.connect(add_functions)
        pre_migrate.connect(remove_triggers, sender=self)
        post_migrate.connect(install_triggers, sender=self)
