from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pagekeep.web"
    label = "web"
