from django.conf import settings
from django.db import models

from pagekeep.domain.ids import new_id


class Persona(models.Model):
    """Who a crawl's browser is to the sites it visits.

    ``key`` is the name case-folded: two names that differ in case only are one persona. ``config`` holds the settings
    (see ``domain.identity``); cookies and storage are files of the data directory and never here.
    ``extension_persona_id`` is what a browser extension that syncs the persona calls it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="personas"
    )
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=300, unique=True, editable=False)
    config = models.JSONField(default=dict, blank=True)
    extension_persona_id = models.CharField(max_length=255, unique=True, null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="persona_name_not_empty")]

    def __str__(self) -> str:
        return self.name
