from django.db import models


class Tally(models.Model):
    """How often something has come about since the archive was made. It only grows, unlike what is there.

    ``kind`` is ``capture`` (``name`` the upper bound of its seconds, ``status`` what came of it), ``result`` (``name``
    the plugin), ``refusal`` (``name`` the rule) or ``probe`` (a look whether anything can be written). ``seconds`` is
    the time all of them took together.
    """

    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=16, blank=True, default="")
    number = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["kind", "name", "status"], name="tallied_once")]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.number), self.kind, self.name, self.status)))
