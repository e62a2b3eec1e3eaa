from django.db import models


class LoginFailure(models.Model):
    """A wrong password. ``name`` is a keyed hash of the user name: people type passwords there by mistake."""

    at = models.DateTimeField(db_index=True)
    address = models.CharField(max_length=64)
    name = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["address", "-at"], name="login_failure_address")]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%Y-%m-%d %H:%M:%S}"
