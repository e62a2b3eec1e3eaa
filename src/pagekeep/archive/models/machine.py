from django.db import models

from pagekeep.domain.ids import new_id


class Machine(models.Model):
    """A host that a server or worker of this archive has run on.

    ``guid`` is derived from the host's own id and does not reveal it. ``stats`` is what it was like when it was last
    noted, ``data_size`` the bytes that the data directory took on disk when it was last measured there.
    ``num_uses_*`` count the pages its workers have ended.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    guid = models.CharField(max_length=64, unique=True)
    hostname = models.CharField(max_length=255)
    hw_in_docker = models.BooleanField(default=False)
    hw_in_vm = models.BooleanField(default=False)
    hw_manufacturer = models.CharField(max_length=255, blank=True, default="")
    hw_product = models.CharField(max_length=255, blank=True, default="")
    hw_uuid = models.CharField(max_length=64, blank=True, default="")
    os_arch = models.CharField(max_length=64, blank=True, default="")
    os_family = models.CharField(max_length=64, blank=True, default="")
    os_platform = models.CharField(max_length=255, blank=True, default="")
    os_release = models.CharField(max_length=255, blank=True, default="")
    os_kernel = models.CharField(max_length=255, blank=True, default="")
    stats = models.JSONField(default=dict, blank=True)
    num_uses_succeeded = models.PositiveBigIntegerField(default=0)
    num_uses_failed = models.PositiveBigIntegerField(default=0)

    data_size = models.PositiveBigIntegerField(null=True, blank=True)
    data_measured_at = models.DateTimeField(null=True, blank=True)
    data_claimed_at = models.DateTimeField(null=True, blank=True, help_text="When a worker began to measure it.")

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.hostname


class Binary(models.Model):
    """A program that captures need, as it was found on one machine.

    ``size`` and ``mtime_ns`` are those of its file: as long as they stay, so do ``version`` and ``sha256``.
    ``num_uses_*`` count the outputs that were made with it, as far as that is known.
    """

    class Status(models.TextChoices):
        INSTALLED = "installed"
        MISSING = "missing"
        BROKEN = "broken"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField(auto_now=True)
    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="binaries")
    name = models.CharField(max_length=64)
    binproviders = models.CharField(max_length=128, blank=True, default="")
    binprovider = models.CharField(max_length=32, blank=True, default="")
    abspath = models.TextField(blank=True, default="")
    version = models.CharField(max_length=64, blank=True, default="")
    sha256 = models.CharField(max_length=64, blank=True, default="")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.MISSING)
    reason = models.TextField(blank=True, default="", help_text="Why it cannot be used: a sentence.")
    size = models.PositiveBigIntegerField(default=0)
    mtime_ns = models.BigIntegerField(default=0)
    num_uses_succeeded = models.PositiveBigIntegerField(default=0)
    num_uses_failed = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "binaries"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["machine", "name"], name="binary_once_per_machine"),
            models.CheckConstraint(
                condition=models.Q(status__in=["installed", "missing", "broken"]), name="binary_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()

    @property
    def is_valid(self) -> bool:
        """Whether it can be used."""
        return self.status == Binary.Status.INSTALLED
