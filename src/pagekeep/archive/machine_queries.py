"""Reads about machines and the programs on them: one SQL statement each."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from pagekeep.archive.filters import check_choice
from pagekeep.archive.models import Binary, Machine
from pagekeep.archive.references import find_one, id_range
from pagekeep.domain.errors import BadInput

_OTHER_NAMES = {
    "chrome": "chromium",
    "chromium-headless-shell": "chromium",
    "headless_shell": "chromium",
    "yt_dlp": "yt-dlp",
    "ytdlp": "yt-dlp",
    "singlefile": "single-file",
    "nodejs": "node",
    "python3": "python",
}
"""What clients may call a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFilters:
    """None means: not asked for. ``bin_providers`` are names, separated by commas, of which a program has one."""

    id: str | None = None
    hostname: str | None = None
    os_platform: str | None = None
    os_arch: str | None = None
    hw_in_docker: bool | None = None
    hw_in_vm: bool | None = None
    bin_providers: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil."""
        found = Q()
        if self.id:
            found &= _part_of_id(self.id)
        if self.hostname:
            found &= Q(hostname__icontains=self.hostname)
        if self.os_platform:
            found &= Q(os_platform__icontains=self.os_platform) | Q(os_family__iexact=self.os_platform)
        if self.os_arch:
            found &= Q(os_arch__iexact=self.os_arch)
        if self.hw_in_docker is not None:
            found &= Q(hw_in_docker=self.hw_in_docker)
        if self.hw_in_vm is not None:
            found &= Q(hw_in_vm=self.hw_in_vm)
        if self.bin_providers:
            names = [name.strip() for name in self.bin_providers.split(",")]
            found &= Q(Exists(Binary.objects.filter(machine=OuterRef("pk"), binprovider__in=names)))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryFilters:
    """None means: not asked for."""

    id: str | None = None
    name: str | None = None
    binprovider: str | None = None
    status: str | None = None
    machine_id: str | None = None
    version: str | None = None

    def condition(self) -> Q:
        """Return what the rows must fulfil.

        Raises:
            BadInput: the status is unknown, or ``machine_id`` is no id.
        """
        check_choice("status", self.status, Binary.Status.values)
        found = Q()
        if self.id:
            found &= _part_of_id(self.id)
        if self.name:
            found &= Q(name=_usual_name(self.name))
        if self.binprovider:
            found &= Q(binprovider=self.binprovider)
        if self.status:
            found &= Q(status=self.status)
        if self.version:
            found &= Q(version__startswith=self.version)
        if self.machine_id:
            try:
                found &= Q(machine_id=UUID(self.machine_id))
            except ValueError:
                raise BadInput(f"machine_id={self.machine_id!r} is no id.") from None
        return found


def list_machines(filters: MachineFilters | None = None) -> QuerySet[Machine]:
    """Return machines, the one noted last first: 1 statement."""
    return Machine.objects.filter((filters or MachineFilters()).condition()).order_by("-created_at", "-id")


def list_binaries(filters: BinaryFilters | None = None) -> QuerySet[Binary]:
    """Return programs with their machines, the one noted last first: 1 statement.

    Raises:
        BadInput: a filter's value is unknown.
    """
    return _binaries().filter((filters or BinaryFilters()).condition()).order_by("-created_at", "-id")


def find_machine(reference: str) -> Machine:
    """Return the machine an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(Machine.objects.all(), [id_range(reference)], "machine", reference)


def find_binary(reference: str) -> Binary:
    """Return the program an id or its unambiguous prefix names.

    Raises:
        NotFound, AmbiguousReference
    """
    return find_one(_binaries(), [id_range(reference)], "binary", reference)


def _binaries() -> QuerySet[Binary]:
    return Binary.objects.select_related("machine")


def _usual_name(name: str) -> str:
    return _OTHER_NAMES.get(name.strip().lower(), name.strip().lower())


def _part_of_id(text: str) -> Q:
    return Q(pk__icontains=text.replace("-", ""))
