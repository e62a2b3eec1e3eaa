from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Makes the files of the documentation page known to Django."""

    name = "pagekeep.api"
    label = "api"
