"""Both sides of a SOCKS5 handshake (RFC 1928: no authentication, CONNECT only)."""

import asyncio
import socket
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

VERSION, NO_AUTHENTICATION, NO_METHOD, CONNECT = 5, 0, 0xFF, 1
IPV4, NAME, IPV6 = 1, 3, 4


class Reply(IntEnum):
    """What a SOCKS5 server answers (RFC 1928, section 6)."""

    GRANTED = 0
    FAILED = 1
    NOT_ALLOWED = 2
    NETWORK_UNREACHABLE = 3
    HOST_UNREACHABLE = 4
    REFUSED = 5
    NO_COMMAND = 7
    NO_ADDRESS_TYPE = 8


class BadHandshake(Exception):
    """The client does not speak our part of SOCKS5; ``answer`` is what it gets before the connection closes."""

    def __init__(self, text: str, answer: bytes = b"") -> None:
        super().__init__(text)
        self.answer = answer


async def handshake(client: socket.socket) -> tuple[str, int]:
    """Read greeting and request (RFC 1928, sections 3 and 4); return the destination asked for."""
    loop = asyncio.get_running_loop()
    version, methods = await _read(client, 2)
    if version != VERSION:
        raise BadHandshake(f"version {version}")
    if NO_AUTHENTICATION not in await _read(client, methods):
        raise BadHandshake("no common authentication method", bytes((VERSION, NO_METHOD)))
    await loop.sock_sendall(client, bytes((VERSION, NO_AUTHENTICATION)))
    version, command, _, kind = await _read(client, 4)
    if version != VERSION:
        raise BadHandshake(f"version {version} in the request")
    if command != CONNECT:
        raise BadHandshake(f"command {command}", reply(Reply.NO_COMMAND))
    if kind == IPV4:
        host = str(IPv4Address(await _read(client, 4)))
    elif kind == IPV6:
        host = str(IPv6Address(await _read(client, 16)))
    elif kind == NAME:
        (length,) = await _read(client, 1)
        name = await _read(client, length)
        if not name or not all(0x21 <= byte < 0x7F for byte in name):
            raise BadHandshake(f"host name {name!r}", reply(Reply.FAILED))
        host = name.decode("ascii")
    else:
        raise BadHandshake(f"address type {kind}", reply(Reply.NO_ADDRESS_TYPE))
    return host, int.from_bytes(await _read(client, 2))


async def _read(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        # Never more than asked for: what follows the request belongs to the destination.
        part = await asyncio.get_running_loop().sock_recv(client, size - len(data))
        if not part:
            raise BadHandshake("the client left")
        data += part
    return data


async def connect_by_name(
    proxy_port: int, host: str, port: int, *, limit: int = 1 << 16
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a host by way of the SOCKS server on a port of 127.0.0.1.

    Args:
        limit: bytes a line, or whatever is read until a sign, may have.

    Raises:
        OSError, EOFError: the server has not connected; it knows why.
        UnicodeError: the host has no name that can be asked for.
    """
    name = host.encode("idna")
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy_port, limit=limit)
    try:
        greeting = bytes((VERSION, 1, NO_AUTHENTICATION))
        writer.write(greeting + bytes((VERSION, CONNECT, 0, NAME, len(name))) + name + port.to_bytes(2))
        answer = await reader.readexactly(2 + len(reply(Reply.GRANTED)))
        if answer[3]:
            raise ConnectionRefusedError(f"{host}:{port} cannot be reached.")
    except BaseException:
        writer.close()
        raise
    return reader, writer


def reply(code: Reply) -> bytes:
    return bytes((VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0))
