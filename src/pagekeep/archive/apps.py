from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from pagekeep.archive.triggers import install_triggers, remove_triggers


class ArchiveConfig(AppConfig):
    name = "pagekeep.archive"
    label = "archive"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the triggers made whenever the schema may have changed."""
        pre_migrate.connect(remove_triggers, sender=self)
        post_migrate.connect(install_triggers, sender=self)
