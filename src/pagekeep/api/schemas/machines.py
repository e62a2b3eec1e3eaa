"""Machines and the programs on them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, RootModel

from pagekeep import __version__
from pagekeep.api.schemas.common import PageFields, PagingQuery, example, one_of
from pagekeep.archive.models import Binary, Machine

_ID = "0199c0de-0000-7000-8000-000000000005"
_MACHINE: dict[str, Any] = {
    "TYPE": "machine.Machine",
    "id": _ID,
    "created_at": "2026-11-23T19:00:00Z",
    "modified_at": "2026-11-23T20:00:00Z",
    "guid": "6d0f6e3c…",
    "hostname": "archive",
    "hw_in_docker": False,
    "hw_in_vm": True,
    "hw_manufacturer": "QEMU",
    "hw_product": "Standard PC",
    "hw_uuid": "",
    "os_arch": "x86_64",
    "os_family": "linux",
    "os_platform": "Linux-6.1.0-x86_64-with-glibc2.36",
    "os_release": "Debian GNU/Linux 12 (bookworm)",
    "os_kernel": "Linux 6.1.0",
    "stats": {
        "cpu_count": 2,
        "cpu_load": [0.5, 0.4, 0.3],
        "memory_total": 8_000_000_000,
        "memory_available": 6_000_000_000,
        "disk_total": 100_000_000_000,
        "disk_free": 60_000_000_000,
        "data_dir_size": 12_000_000_000,
        "data_dir_measured_at": "2026-11-23T19:55:00Z",
        "versions": {"pagekeep": __version__, "chromium": "150.0.7871.100", "git": "2.39.5"},
    },
    "num_uses_succeeded": 120,
    "num_uses_failed": 3,
}
_BINARY: dict[str, Any] = {
    "TYPE": "machine.Binary",
    "id": "0199c0de-0000-7000-8000-000000000006",
    "created_at": "2026-11-23T19:00:00Z",
    "modified_at": "2026-11-23T19:00:00Z",
    "machine_id": _ID,
    "machine_hostname": "archive",
    "name": "chromium",
    "binproviders": "apt,env",
    "binprovider": "apt",
    "abspath": "/usr/lib/chromium/chromium-headless-shell",
    "version": "150.0.7871.100",
    "sha256": "9f86d081…",
    "status": "installed",
    "reason": "",
    "is_valid": True,
    "num_uses_succeeded": 118,
    "num_uses_failed": 1,
}


class MachineSchema(Schema):
    TYPE: str = "machine.Machine"
    id: UUID
    created_at: datetime
    modified_at: datetime
    guid: str = Field(description="The same for this host for ever; derived from its own id, which it does not reveal.")
    hostname: str
    hw_in_docker: bool = Field(description="Whether it is a container.")
    hw_in_vm: bool
    hw_manufacturer: str
    hw_product: str
    hw_uuid: str = Field(description="Derived from the hardware's own id; empty where Pagekeep may not read that.")
    os_arch: str
    os_family: str
    os_platform: str
    os_release: str
    os_kernel: str
    stats: dict[str, Any] = Field(
        description="Processors and their load, bytes of memory and disk, of the data directory (null before a worker"
        " has measured it), versions. Of the current machine as it is now, of others as it was last noted."
    )
    num_uses_succeeded: int = Field(description="Pages that its workers have captured.")
    num_uses_failed: int = Field(description="Pages that its workers could not capture.")

    model_config = example(**_MACHINE)


class PagedMachineSchema(PageFields):
    items: list[MachineSchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_MACHINE]
    )


class MachineQuery(PagingQuery):
    id: str | None = Field(None, description="A part of the id.")
    hostname: str | None = Field(None, description="A part of the host name.")
    os_platform: str | None = Field(None, description="A part of the platform, or the family, like `linux`.")
    os_arch: str | None = None
    hw_in_docker: bool | None = None
    hw_in_vm: bool | None = None
    bin_providers: str | None = Field(None, description="What brought a program there: apt, pip, npm or env.")


class BinarySchema(Schema):
    TYPE: str = "machine.Binary"
    id: UUID
    created_at: datetime
    modified_at: datetime
    machine_id: UUID
    machine_hostname: str
    name: str
    binproviders: str = Field(description="What can bring it, separated by commas.")
    binprovider: str = Field(description="What brought it: apt, pip, npm, or env for anything else; empty if missing.")
    abspath: str
    version: str
    sha256: str = Field(description="Of its file.")
    status: str = Field(description="installed, missing, or broken (it does not run).")
    reason: str = Field(description="Why it cannot be used and what to do: a sentence; empty otherwise.")
    is_valid: bool = Field(description="Whether it is installed and tells its version.")
    num_uses_succeeded: int = Field(
        description="Outputs made with it, for the browser pages opened; 0 for programs that are not counted singly."
    )
    num_uses_failed: int

    model_config = example(**_BINARY)


class BinariesSchema(RootModel[list[BinarySchema]]):
    model_config = ConfigDict(json_schema_extra={"examples": [[_BINARY]]})


class PagedBinarySchema(PageFields):
    items: list[BinarySchema]

    model_config = example(
        total_items=1, total_pages=1, page=0, limit=200, offset=0, num_items=1, count=1, items=[_BINARY]
    )


class BinaryQuery(PagingQuery):
    id: str | None = Field(None, description="A part of the id.")
    name: str | None = Field(None, description="chromium, git, yt-dlp, ffmpeg, single-file, readability, node, python.")
    binprovider: str | None = Field(None, description="apt, pip, npm or env.")
    status: str | None = Field(None, json_schema_extra=one_of(Binary.Status))
    machine_id: str | None = None
    version: str | None = Field(None, description="Beginning of the version.")


def machine_objects(machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """Return the fields of `MachineSchema` for each machine."""
    return [machine_object(machine) for machine in machines]


def machine_object(machine: Machine, stats: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the fields of `MachineSchema`.

    Args:
        stats: those of this moment; None for those of the row.
    """
    measured = {"data_dir_size": machine.data_size, "data_dir_measured_at": machine.data_measured_at}
    return {
        "TYPE": "machine.Machine",
        "id": machine.pk,
        "created_at": machine.created_at,
        "modified_at": machine.modified_at,
        "guid": machine.guid,
        "hostname": machine.hostname,
        "hw_in_docker": machine.hw_in_docker,
        "hw_in_vm": machine.hw_in_vm,
        "hw_manufacturer": machine.hw_manufacturer,
        "hw_product": machine.hw_product,
        "hw_uuid": machine.hw_uuid,
        "os_arch": machine.os_arch,
        "os_family": machine.os_family,
        "os_platform": machine.os_platform,
        "os_release": machine.os_release,
        "os_kernel": machine.os_kernel,
        "stats": (machine.stats if stats is None else stats) | measured,
        "num_uses_succeeded": machine.num_uses_succeeded,
        "num_uses_failed": machine.num_uses_failed,
    }


def versions_of(binaries: Iterable[Binary]) -> dict[str, str]:
    """Return the versions of Pagekeep and of the programs that can be used."""
    usable = {binary.name: binary.version for binary in binaries if binary.is_valid}
    return {"pagekeep": __version__} | dict(sorted(usable.items()))


def binary_objects(binaries: Iterable[Binary]) -> list[dict[str, Any]]:
    """Return the fields of `BinarySchema` for each program; its machine comes with it."""
    return [
        {
            "TYPE": "machine.Binary",
            "id": binary.pk,
            "created_at": binary.created_at,
            "modified_at": binary.modified_at,
            "machine_id": binary.machine_id,
            "machine_hostname": binary.machine.hostname,
            "name": binary.name,
            "binproviders": binary.binproviders,
            "binprovider": binary.binprovider,
            "abspath": binary.abspath,
            "version": binary.version,
            "sha256": binary.sha256,
            "status": binary.status,
            "reason": binary.reason,
            "is_valid": binary.is_valid,
            "num_uses_succeeded": binary.num_uses_succeeded,
            "num_uses_failed": binary.num_uses_failed,
        }
        for binary in binaries
    ]
