"""Which addresses the archive connects to: the rule behind every outgoing request."""

import errno
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from pagekeep.domain.errors import AddressRefused, BadInput
from pagekeep.domain.hosts import canonical_host as canonical_host
from pagekeep.domain.hosts import parse_address as parse_address
from pagekeep.domain.urls import shorten

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_METADATA = "the metadata service of a cloud"
_PRIVATE = "an address of a private network"
_LOOPBACK = "a loopback address"
_LINK_LOCAL = "a link-local address"
_DOCUMENTATION = "an address reserved for documentation"
_RESERVED = "a reserved address"

# The IANA special-purpose address registries (RFC 6890, RFC 8190), the first match counts. ``ipaddress.is_global`` is
# not used: it takes multicast, 6to4, site-local and unassigned IPv6 for global, and Python versions differ.
_SPECIAL_V4 = {
    "169.254.169.254/32": _METADATA,
    "168.63.129.16/32": _METADATA,  # Azure's, a public address by its number only
    "0.0.0.0/8": "an address of this host itself",
    "10.0.0.0/8": _PRIVATE,
    "100.64.0.0/10": "an address of a provider's internal network",
    "127.0.0.0/8": _LOOPBACK,
    "169.254.0.0/16": _LINK_LOCAL,
    "172.16.0.0/12": _PRIVATE,
    "192.0.0.0/24": _RESERVED,
    "192.0.2.0/24": _DOCUMENTATION,
    "192.88.99.0/24": _RESERVED,
    "192.168.0.0/16": _PRIVATE,
    "198.18.0.0/15": "an address reserved for benchmarks",
    "198.51.100.0/24": _DOCUMENTATION,
    "203.0.113.0/24": _DOCUMENTATION,
    "224.0.0.0/4": "a multicast address",
    "255.255.255.255/32": "the broadcast address",
    "240.0.0.0/4": _RESERVED,
}
_SPECIAL_V6 = {
    "fd00:ec2::254/128": _METADATA,
    "fd20:ce::254/128": _METADATA,
    "::/128": "an address of this host itself",
    "::1/128": _LOOPBACK,
    "2001::/23": _RESERVED,  # Teredo, benchmarks, ORCHID and other protocols
    "2001:db8::/32": _DOCUMENTATION,
    "3fff::/20": _DOCUMENTATION,
    "fc00::/7": _PRIVATE,
    "fe80::/10": _LINK_LOCAL,
    "fec0::/10": _PRIVATE,
    "ff00::/8": "a multicast address",
}
_SPECIAL: dict[int, tuple[tuple[Network, str], ...]] = {
    4: tuple((ip_network(network), kind) for network, kind in _SPECIAL_V4.items()),
    6: tuple((ip_network(network), kind) for network, kind in _SPECIAL_V6.items()),
}
# The only IPv6 range from which public unicast addresses are given out so far (RFC 4291, section 2.4).
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


def format_destination(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def special_kind(address: Address) -> str | None:
    """Return in words what ``address`` is when it is not globally routable unicast, else None."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return special_kind(address.ipv4_mapped)
        if address in _NAT64:
            return special_kind(IPv4Address(int(address) & 0xFFFFFFFF))
        if address in _SIX_TO_FOUR:
            return special_kind(IPv4Address(int(address) >> 80 & 0xFFFFFFFF))
    for network, kind in _SPECIAL[address.version]:
        if address in network:
            return kind
    return _RESERVED if address.version == 6 and address not in _GLOBAL_V6 else None


def is_this_host(address: Address) -> bool:
    """Return whether connecting to ``address`` ends at this machine."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))  # the system lets a socket bind to its own addresses only
    except OSError as error:  # whatever else hinders the probe must not open a way in
        return error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def never_itself(host: str, port: int, address: Address) -> AddressRefused:
    """Return the error for a destination that is a listener of Pagekeep's own."""
    target = format_destination(shorten(host), port)
    there = format_destination(str(address), port)
    which = target if target == there else f"{target} leads to {there}, which"
    return AddressRefused(f"{which} is Pagekeep's own address, and Pagekeep never archives itself.")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A destination a person listed: a network or a host, at one port or at all (None)."""

    network: Network | None
    host: str
    port: int | None

    def covers(self, host: str, port: int, address: Address) -> bool:
        if self.port not in (None, port):
            return False
        return host == self.host if self.network is None else address in self.network


class AddressPolicy:
    """Decides for every address whether it may be connected to: public ones may, others must be listed."""

    def __init__(
        self,
        allow_private: Iterable[str] = (),
        refuse: Iterable[str] = (),
        *,
        setting: str = "PAGEKEEP_ALLOW_PRIVATE",
    ) -> None:
        """Read the lists.

        Args:
            allow_private: CIDRs, IP addresses or exact host names that may be reached although they are not public, the
                latter two also with a port: ``192.168.1.5:80``, ``[fd00::5]:80``, ``nas.lan:80``.
            refuse: ``host:port`` of Pagekeep's own listeners. ``0.0.0.0``, ``::`` and host names stand for every
                address of this machine.
            setting: what ``allow_private`` is called where people write it.

        Raises:
            BadInput: an entry is none of these; the text names it.
        """
        self._setting = setting
        self._allowed = tuple(_parse_entry(text, setting) for text in allow_private)
        self._own = tuple(_parse_entry(text, "Pagekeep's own addresses", needs_port=True) for text in refuse)

    def check(self, host: str, port: int, address: Address | str) -> None:
        """Do nothing if ``address``, to which ``host`` was resolved, may be connected to at ``port``.

        Raises:
            AddressRefused: it may not; the text says why and what to do.
        """
        target = parse_address(str(address))
        if target is None:
            raise AddressRefused(f"{shorten(host)} leads to {address}, which is not an IP address.")
        name = canonical_host(host)
        if any(self._is_listener(own, name, port, target) for own in self._own):
            raise never_itself(name, port, target)
        kind = special_kind(target)
        if kind is None or any(entry.covers(name, port, target) for entry in self._allowed):
            return
        what = f"{target} is" if name == str(target) else f"{shorten(name)} leads to {target},"
        raise AddressRefused(
            f"{what} {kind}, and Pagekeep connects to public addresses only; "
            f"add {format_destination(str(target), port)} to {self._setting} to permit it."
        )

    @staticmethod
    def _is_listener(own: _Entry, host: str, port: int, address: Address) -> bool:
        if own.port != port:
            return False
        if own.covers(host, port, address):
            return True
        everywhere = own.network is None or own.network.network_address.is_unspecified
        # Connecting to 0.0.0.0 or :: arrives at whatever listens on loopback.
        return (everywhere or address.is_unspecified) and is_this_host(address)


def _parse_entry(text: str, where: str, *, needs_port: bool = False) -> _Entry:
    entry = text.strip()
    forms = "host:port" if needs_port else "a CIDR, an IP address, a host name, or host:port"
    bad = BadInput(f"{shorten(text)!r} in {where} is not usable; write {forms} (a port is 1 to 65535).")
    network = None if needs_port else _parse_network(entry)
    if network:
        return _Entry(network, "", None)
    parts = re.fullmatch(r"(\[[^]]+\]|[^:/[\]]+)(?::([0-9]{1,5}))?", entry)
    if parts is None:
        raise bad
    host, port = parts[1], int(parts[2]) if parts[2] else None
    if (port is None and needs_port) or (port is not None and not 1 <= port <= 65_535):
        raise bad
    network = _parse_network(host.strip("[]"))
    if network:
        return _Entry(network, "", port)
    name = canonical_host(host)
    # A last label of digits makes it a number to browsers (WHATWG URL): 127.1 is too easy to list by mistake.
    if parse_address(name) or not _HOST_NAME.fullmatch(name) or name.rpartition(".")[2].isdigit():
        raise bad
    return _Entry(None, name, port)


def _parse_network(text: str) -> Network | None:
    try:
        network = ip_network(text)
    except ValueError:
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    return IPv4Network((mapped, network.prefixlen - 96)) if mapped and network.prefixlen >= 96 else network
