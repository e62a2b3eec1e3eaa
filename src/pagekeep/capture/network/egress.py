"""The way out: every request of a visit passes here, is checked, and goes to exactly the address that was checked.

A SOCKS5 proxy (RFC 1928: no authentication, CONNECT only) on a port of its own for every visit, so that rules and log
belong to that visit. Clients send host names unresolved.
"""

import asyncio
import concurrent.futures
import contextlib
import errno
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from itertools import chain, zip_longest
from types import TracebackType
from typing import Self

from pagekeep.capture.network.addresses import (
    Address,
    AddressPolicy,
    canonical_host,
    format_destination,
    is_this_host,
    never_itself,
    parse_address,
)
from pagekeep.capture.network.block_list import NOTHING, BlockList
from pagekeep.capture.network.relay import Flow
from pagekeep.capture.network.socks import BadHandshake, Reply, handshake, reply
from pagekeep.domain.errors import AddressRefused
from pagekeep.domain.urls import shorten

HANDSHAKE_SECONDS = 10.0
MAX_CONNECTIONS = 256
# How long one address is tried before the next is tried beside it (RFC 8305, section 5).
STAGGER_SECONDS = 0.25
# One per egress, shared by its connections. Fewer, larger reads: 0.4 CPU-seconds per GB, where 128 KiB took 0.8.
BUFFER_BYTES = 1 << 19
_ACCEPT_PAUSE = 0.2
_UNBLOCK = "take it off there, or set BLOCK_ADS to false in the crawl's config, to reach it"

Resolver = Callable[[str], Sequence[str]]
_log = logging.getLogger(__name__)
# Ports of every open egress of this process: none of them is ever a destination.
_open_ports: set[int] = set()


class _NotReached(Exception):
    """A destination was not connected to: the SOCKS reply, and the sentence for a person."""

    def __init__(self, reply: Reply, sentence: str) -> None:
        super().__init__(sentence)
        self.reply = reply


def system_resolver(host: str) -> list[str]:
    """Return the addresses the system's resolver gives for ``host``; blocks.

    Raises:
        OSError, ValueError: it gives none.
    """
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class Egress:
    """One visit's way out: an asynchronous context manager that listens on 127.0.0.1 while it is open.

    Attributes:
        bytes_received: from remote servers so far.
        bytes_sent: to remote servers so far.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        *,
        block_list: BlockList = NOTHING,
        never_blocked: str = "",
        note: Callable[[str], None] = lambda _: None,
        connect_timeout: float = 15.0,
        resolver: Resolver = system_resolver,
    ) -> None:
        """Prepare a way out.

        Args:
            block_list: hosts that are refused, whatever their address.
            never_blocked: the host the visit is made for.
            note: is told, once for each, why destinations were not reached.
            connect_timeout: seconds to resolve a name, and again to connect to any of its addresses.
            resolver: a blocking function from a host name to IP addresses; it is called in a thread.
        """
        self.bytes_received = 0
        self.bytes_sent = 0
        self._policy = policy
        self._block_list = block_list
        self._never_blocked = canonical_host(never_blocked)
        self._note = note
        self._connect_timeout = connect_timeout
        self._resolver = resolver
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._listener: socket.socket | None = None
        self._port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._lookups: dict[str, asyncio.Task[tuple[Address, ...]]] = {}
        self._refusals: dict[tuple[str, int], str] = {}
        self._reached: dict[tuple[str, int], str] = {}

    async def __aenter__(self) -> Self:
        listener = self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setblocking(False)
        listener.bind(("127.0.0.1", 0))
        listener.listen(MAX_CONNECTIONS)
        self._port = listener.getsockname()[1]
        _open_ports.add(self._port)
        self._start(self._accept(listener))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = [*self._tasks, *self._lookups.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._listener:
            self._listener.close()
        self._lookups.clear()
        _open_ports.discard(self._port)

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1."""
        return self._port

    @property
    def proxy_url(self) -> str:
        """The proxy as Chromium, curl (``socks5h://``) and others are told about it."""
        return f"socks5://127.0.0.1:{self._port}"

    def refusal(self, host: str, port: int) -> str | None:
        """Return in one sentence why the last try to reach ``host`` failed, None if it did not."""
        return self._refusals.get((canonical_host(host), port))

    def remote_address(self, host: str, port: int) -> str | None:
        """Return the IP address last connected to for ``host``, None if there was none."""
        return self._reached.get((canonical_host(host), port))

    def blocks(self, host: str) -> bool:
        """Return whether ``host`` is refused because the block list names it."""
        return self._block_list.covers(host) and canonical_host(host) != self._never_blocked

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            await self._slots.acquire()  # beyond the limit, clients wait in the system's queue
            try:
                client, peer = await asyncio.get_running_loop().sock_accept(listener)
            except OSError as error:  # mostly: this process has no file descriptor left
                _log.warning("The egress could not accept a connection: %s", error)
                self._slots.release()
                await asyncio.sleep(_ACCEPT_PAUSE)
                continue
            if peer[0] != "127.0.0.1":
                client.close()
                self._slots.release()
                continue
            self._start(self._serve(client)).add_done_callback(partial(self._served, client))

    def _served(self, client: socket.socket, _: asyncio.Task[None]) -> None:
        client.close()
        self._slots.release()

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _serve(self, client: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                host, port = await handshake(client)
            try:
                remote = await self._reach(host, port)
            except _NotReached as failure:
                if self._refusals.get((canonical_host(host), port)) != str(failure):
                    self._note(f"not reached: {failure}")
                self._refusals[canonical_host(host), port] = str(failure)
                await loop.sock_sendall(client, reply(failure.reply))
                return
            with remote:
                await loop.sock_sendall(client, reply(Reply.GRANTED))
                await self._relay(client, remote)
        except BadHandshake as error:
            _log.debug("The egress refused a client: %s", error)
            with contextlib.suppress(OSError):  # a client that has gone needs no answer
                client.send(error.answer)
        except (TimeoutError, OSError) as error:
            _log.debug("A connection through the egress broke off: %s", error or "slow handshake")

    async def _reach(self, host: str, port: int) -> socket.socket:
        """Return a socket connected to an approved address of ``host``.

        Raises:
            _NotReached: there is none.
        """
        if self.blocks(host):
            raise _NotReached(Reply.NOT_ALLOWED, f"{shorten(host)} is on the list of PAGEKEEP_BLOCK_LIST; {_UNBLOCK}.")
        approved: list[Address] = []
        refused: AddressRefused | None = None
        for address in await self._resolve_once(host):
            try:
                if port in _open_ports and is_this_host(address):
                    raise never_itself(host, port, address)
                self._policy.check(host, port, address)
                approved.append(address)
            except AddressRefused as error:
                refused = refused or error
        if refused and not approved:
            raise _NotReached(Reply.NOT_ALLOWED, str(refused))
        try:
            async with asyncio.timeout(self._connect_timeout):
                remote, address = await _connect_any(approved, port)
        except TimeoutError as error:
            self._lookups.pop(host, None)
            there, seconds = format_destination(shorten(host), port), f"{self._connect_timeout:g} seconds"
            raise _NotReached(
                Reply.HOST_UNREACHABLE, f"{there} did not answer within {seconds}; try again later."
            ) from error
        except OSError as error:
            self._lookups.pop(host, None)
            raise _unreachable(host, port, error) from error
        name = canonical_host(host)
        self._reached[name, port] = str(address)
        self._refusals.pop((name, port), None)
        return remote

    async def _resolve_once(self, host: str) -> tuple[Address, ...]:
        """Return the addresses of ``host``: asked for once per visit, unless that failed or none of them answered."""
        if literal := parse_address(host):
            return (literal,)
        lookup = self._lookups.get(host)
        if lookup is None:
            lookup = self._lookups[host] = asyncio.get_running_loop().create_task(self._resolve(host))
        try:
            return await asyncio.shield(lookup)
        except _NotReached:
            if self._lookups.get(host) is lookup:
                del self._lookups[host]
            raise

    async def _resolve(self, host: str) -> tuple[Address, ...]:
        name = shorten(host)
        try:
            async with asyncio.timeout(self._connect_timeout):
                found = await _in_thread(self._resolver, host)
        except TimeoutError as error:
            sentence = f"The name server did not answer for {name} within {self._connect_timeout:g} seconds; try again."
            raise _NotReached(Reply.HOST_UNREACHABLE, sentence) from error
        except ValueError as error:  # UnicodeError of the idna codec, mostly
            raise _NotReached(
                Reply.HOST_UNREACHABLE, f"{name} is not a valid host name; check the spelling."
            ) from error
        except OSError as error:
            if error.errno == socket.EAI_AGAIN:
                sentence = f"The name server did not answer for {name}; check this machine's network and try again."
            else:
                sentence = f"The host name {name} does not exist; check the spelling."
            raise _NotReached(Reply.HOST_UNREACHABLE, sentence) from error
        addresses = _interleave(address for text in found if (address := parse_address(text)))
        if not addresses:
            raise _NotReached(Reply.HOST_UNREACHABLE, f"The host name {name} has no address; check the spelling.")
        return addresses

    async def _relay(self, client: socket.socket, remote: socket.socket) -> None:
        up = Flow(client, remote, self._buffer, self._count_sent)
        down = Flow(remote, client, self._buffer, self._count_received)
        whole = False
        try:
            await asyncio.gather(up.ended, down.ended)
            whole = True
        finally:
            up.stop()
            down.stop()
            if not whole:
                # What broke off is passed on as broken (RST), so that half a file does not look like a whole one.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _count_sent(self, size: int) -> None:
        self.bytes_sent += size

    def _count_received(self, size: int) -> None:
        self.bytes_received += size


async def _connect_any(addresses: Iterable[Address], port: int) -> tuple[socket.socket, Address]:
    """Connect to the first address that answers, starting them in order, a stagger apart (RFC 8305).

    Raises:
        OSError: none answered; the most telling failure.
    """
    waiting = list(addresses)
    tries: list[asyncio.Task[tuple[socket.socket, Address]]] = []
    winner: asyncio.Task[tuple[socket.socket, Address]] | None = None
    try:
        while winner is None:
            if waiting:
                tries.append(asyncio.get_running_loop().create_task(_connect(waiting.pop(0), port)))
            running = [attempt for attempt in tries if not attempt.done()]
            if running:
                timeout = STAGGER_SECONDS if waiting else None
                await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            winner = next((attempt for attempt in tries if attempt.done() and not attempt.exception()), None)
            if winner is None and not waiting and all(attempt.done() for attempt in tries):
                raise min((error for attempt in tries if (error := attempt.exception())), key=_vagueness)
        return winner.result()
    finally:
        losers = [attempt for attempt in tries if attempt is not winner]
        for attempt in losers:
            attempt.cancel()
        for outcome in await asyncio.gather(*losers, return_exceptions=True):
            if not isinstance(outcome, BaseException):
                outcome[0].close()


async def _connect(address: Address, port: int) -> tuple[socket.socket, Address]:
    remote = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        remote.setblocking(False)
        remote.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(remote, (str(address), port))
    except BaseException:
        remote.close()
        raise
    return remote, address


def _vagueness(error: BaseException) -> int:
    telling = (errno.ECONNREFUSED, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)
    number = getattr(error, "errno", None)
    return telling.index(number) if number in telling else len(telling)


def _unreachable(host: str, port: int, error: OSError) -> _NotReached:
    there = format_destination(shorten(host), port)
    match error.errno:
        case errno.ECONNREFUSED:
            return _NotReached(Reply.REFUSED, f"{there} refused the connection; is a server running there?")
        case errno.ETIMEDOUT:
            return _NotReached(Reply.HOST_UNREACHABLE, f"{there} did not answer; try again later.")
        case errno.ENETUNREACH:
            return _NotReached(
                Reply.NETWORK_UNREACHABLE, f"No network leads to {there}; check this machine's connection."
            )
        case errno.EHOSTUNREACH:
            return _NotReached(
                Reply.HOST_UNREACHABLE, f"{there} cannot be reached over the network; is the machine on?"
            )
        case number:
            why = os.strerror(number) if number else str(error)
            return _NotReached(Reply.FAILED, f"{there} cannot be connected to ({why}); check the address.")


def _interleave(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Alternate the families, the resolver's first choice first (RFC 8305, section 4)."""
    unique = tuple(dict.fromkeys(addresses))
    first = [address for address in unique if address.version == unique[0].version]
    second = [address for address in unique if address.version != unique[0].version]
    return tuple(address for address in chain.from_iterable(zip_longest(first, second)) if address)


def _in_thread(function: Resolver, host: str) -> asyncio.Future[Sequence[str]]:
    """Resolve in a daemon thread of its own: a name server that hangs holds up neither others nor the end."""
    outcome: concurrent.futures.Future[Sequence[str]] = concurrent.futures.Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(function(host))
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=run, name="resolver", daemon=True).start()
    return asyncio.wrap_future(outcome)
