"""How a host is written: by name or by address."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address a host is written as, or None if it is a name.

    All spellings browsers and ``inet_aton`` take are read: ``127.1``, ``2130706433``, ``0x7f.0.0.01``, ``[::1]``. An
    IPv4-mapped IPv6 address is returned as the IPv4 address the system would connect to; a zone is dropped.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(bare))
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address


def canonical_host(host: str) -> str:
    """Return ``host`` as browsers write it: lower case, punycode, no final dot, numbers as a plain IP address."""
    name = host.lower().removesuffix(".")
    if address := parse_address(name):
        return str(address)
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:  # no name a resolver could take either; it says so itself
        return name
