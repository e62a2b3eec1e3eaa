"""What this machine is and how it is doing, read from the files of the system: no program is started."""

import hashlib
import hmac
import os
import platform
import shutil
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

_DMI = Path("/sys/class/dmi/id")
_CGROUP = Path("/sys/fs/cgroup")
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_APPLICATION = b"pagekeep"


@cache
def machine_facts() -> dict[str, Any]:
    """Return the columns of `Machine` that stay as they are while this process runs."""
    return {
        "guid": _guid(),
        "hostname": socket.gethostname(),
        "hw_in_docker": _in_container(),
        "hw_in_vm": _in_vm(),
        "hw_manufacturer": _text(_DMI / "sys_vendor"),
        "hw_product": _text(_DMI / "product_name"),
        "hw_uuid": _derived_id(_text(_DMI / "product_uuid")),
        "os_arch": platform.machine(),
        "os_family": platform.system().lower(),
        "os_platform": platform.platform(),
        "os_release": _distribution(),
        "os_kernel": f"{platform.system()} {platform.release()}",
    }


def machine_stats(data_root: Path) -> dict[str, Any]:
    """Return CPU, memory (bytes) and the disk of the data directory (bytes) as they are now, in a millisecond."""
    disk = shutil.disk_usage(next(folder for folder in (data_root, *data_root.parents) if folder.exists()))
    total, available = _memory()
    return {
        "cpu_count": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu_load": [round(load, 2) for load in os.getloadavg()],
        "memory_total": total,
        "memory_available": available,
        "disk_total": disk.total,
        "disk_free": disk.free,
    }


def _guid() -> str:
    """Return what tells this host from others, derived from its own id as machine-id(5) asks programs to do.

    Containers of one image may share that id; what tells them apart is the host name.
    """
    own = next((text for path in _MACHINE_IDS if (text := _text(path))), "")
    parts = [own, socket.gethostname()] if _in_container() or not own else [own]
    return _digest("\n".join(parts))


def _digest(secret: str) -> str:
    return hmac.new(secret.encode(), _APPLICATION, hashlib.sha256).hexdigest()


def _derived_id(uuid: str) -> str:
    """Return a UUID that stands for the given one without revealing it (RFC 9562 section 5.8), empty for none."""
    return str(UUID(hex=_digest(uuid)[:32], version=8)) if uuid else ""


def _in_container() -> bool:
    return any(mark.exists() for mark in _CONTAINER_MARKS) or bool(os.environ.get("container"))  # noqa: SIM112


def _in_vm() -> bool:
    """Whether the processor says that a hypervisor runs it, or, where it says nothing, the product's name does."""
    words = _text(Path("/proc/cpuinfo")).split()
    product = f"{_text(_DMI / 'sys_vendor')} {_text(_DMI / 'product_name')}".lower()
    return "hypervisor" in words or any(name in product for name in ("virtual", "kvm", "qemu", "vmware", "xen"))


def _distribution() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return ""


def _memory() -> tuple[int, int]:
    """Return bytes of memory and those available, within the limit of this control group (cgroups(7), version 2)."""
    told = dict(line.split(":", 1) for line in _text(Path("/proc/meminfo")).splitlines() if ":" in line)
    total, available = (int(told.get(name, "0 kB").split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    limit, used = _text(_CGROUP / "memory.max"), _text(_CGROUP / "memory.current")
    if limit.isdigit() and used.isdigit() and int(limit) < total:
        return int(limit), min(available, max(0, int(limit) - int(used)))
    return total, available


def _text(path: Path) -> str:
    """Return a small file's text, empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
