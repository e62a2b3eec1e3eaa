"""The egress against real loopback servers: what passes, what does not, and what is left behind."""

# ruff: noqa: S104 - nothing is bound to all interfaces here

import asyncio
import contextlib
import hashlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from ipaddress import IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pagekeep.capture.network import egress as egress_module
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.egress import Egress
from pagekeep.domain.errors import AddressRefused

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
GREETING = b"\x05\x01\x00"


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def serve(handler: Handler = echo, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, host, port)
    async with server:
        yield server.sockets[0].getsockname()[1]


def request(host: str | bytes, port: int, command: int = 1) -> bytes:
    """Return a SOCKS5 request: bytes are sent as a name, text as the address it is, else as a name."""
    try:
        address = ip_address(host if isinstance(host, str) else "")
    except ValueError:
        name = host.encode() if isinstance(host, str) else host
        kind, body = 3, bytes((len(name),)) + name
    else:
        kind, body = (4 if isinstance(address, IPv6Address) else 1), address.packed
    return bytes((5, command, 0, kind)) + body + port.to_bytes(2)


async def ask(egress: Egress, host: str | bytes, port: int, command: int = 1) -> tuple[int, Streams]:
    """Send a whole handshake; return the reply code and the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", egress.port)
    writer.write(GREETING)
    assert await reader.readexactly(2) == b"\x05\x00"
    writer.write(request(host, port, command))
    reply = await reader.readexactly(10)
    assert reply[0] == 5
    return reply[1], (reader, writer)


async def reply_code(egress: Egress, host: str | bytes, port: int) -> int:
    code, (_, writer) = await ask(egress, host, port)
    writer.close()
    return code


def answers(table: dict[str, Sequence[str]]) -> Callable[[str], Sequence[str]]:
    def resolve(host: str) -> Sequence[str]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return table[host]

    return resolve


def test_a_listed_destination_is_reached_and_logged() -> None:
    async def scenario() -> None:
        async with serve() as port, Egress(AddressPolicy([f"127.0.0.1:{port}"])) as egress:
            assert egress.proxy_url == f"socks5://127.0.0.1:{egress.port}"
            for host in ("127.0.0.1", b"127.0.0.1", "localhost", "2130706433", "0x7f.1"):
                code, (reader, writer) = await ask(egress, host, port)
                assert code == 0, host
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                writer.close()
                name = host.decode() if isinstance(host, bytes) else host
                assert egress.remote_address(name, port) == "127.0.0.1"
                assert egress.refusal(name, port) is None
            assert (egress.bytes_sent, egress.bytes_received) == (25, 25)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
        "169.254.169.254",
        b"127.0.0.1",
        b"::1",
        b"[::1]",
        b"2130706433",
        b"0x7f000001",
        b"0177.1",
        b"127.1",
        b"::ffff:127.0.0.1",
        b"localhost",
        b"LOCALHOST",
    ],
)
def test_every_spelling_of_this_host_is_refused(host: str | bytes) -> None:
    async def scenario() -> None:
        hits: list[int] = []

        async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            hits.append(1)
            writer.close()

        async with serve(count) as port, Egress(AddressPolicy()) as egress:
            assert await reply_code(egress, host, port) == 2
            reason = egress.refusal(host.decode() if isinstance(host, bytes) else host, port)
            assert reason is not None
            assert "PAGEKEEP_ALLOW_PRIVATE" in reason
        assert not hits

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["localhost.", "foo.localhost", "localhost.localdomain", "evil.example"])
def test_a_name_is_judged_by_what_it_resolves_to(name: str) -> None:
    async def scenario() -> None:
        resolver = answers({name: ["127.0.0.1", "::1"]})
        async with serve() as port, Egress(AddressPolicy(), resolver=resolver) as egress:
            assert await reply_code(egress, name, port) == 2
            assert "leads to 127.0.0.1" in str(egress.refusal(name, port))

    asyncio.run(scenario())


def test_a_rebinding_name_is_resolved_once_and_connected_where_it_was_checked() -> None:
    async def scenario() -> None:
        calls: list[str] = []

        def rebinding(host: str) -> list[str]:
            calls.append(host)
            return ["127.0.0.2"] if len(calls) == 1 else ["127.0.0.1"]

        async def name_itself(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(writer.get_extra_info("sockname")[0].encode())
            writer.close()

        async with (
            serve(name_itself, "127.0.0.2") as port,
            serve(name_itself, "127.0.0.1", port),
            Egress(AddressPolicy(["127.0.0.2"]), resolver=rebinding) as egress,
        ):
            connections = await asyncio.gather(*(ask(egress, "rebind.example", port) for _ in range(5)))
            connections.append(await ask(egress, "rebind.example", port))
            for code, (reader, writer) in connections:
                assert code == 0
                assert await reader.read() == b"127.0.0.2"
                writer.close()
            assert calls == ["rebind.example"]
            assert egress.remote_address("Rebind.Example.", port) == "127.0.0.2"

    asyncio.run(scenario())


def test_a_name_that_failed_to_answer_is_resolved_and_checked_again() -> None:
    async def scenario() -> None:
        found = [["127.0.0.2"], ["127.0.0.1"]]
        async with serve() as port, Egress(AddressPolicy(["127.0.0.2"]), resolver=lambda _: found.pop(0)) as egress:
            assert await reply_code(egress, "rebind.example", port) == 5
            assert await reply_code(egress, "rebind.example", port) == 2

    asyncio.run(scenario())


def test_only_the_approved_addresses_of_a_name_are_tried() -> None:
    async def scenario() -> None:
        async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"wrong")
            writer.close()

        async with serve(never) as port, serve(echo, "127.0.0.3", port):
            resolver = answers({"mixed.example": ["127.0.0.1", "::1", "127.0.0.2", "127.0.0.3", "not an address"]})
            # 127.0.0.2 is approved, but nothing listens there: the next approved one is taken.
            async with Egress(AddressPolicy(["127.0.0.2", "127.0.0.3"]), resolver=resolver) as egress:
                code, (reader, writer) = await ask(egress, "mixed.example", port)
                writer.write(b"right")
                assert (code, await reader.readexactly(5)) == (0, b"right")
                writer.close()
                assert egress.remote_address("mixed.example", port) == "127.0.0.3"

    asyncio.run(scenario())


def test_each_failure_has_its_reply_and_its_sentence() -> None:
    def resolve(host: str) -> Sequence[str]:
        if host == "later.example":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return answers({"down.example": ["127.0.0.1"], "zone.example": ["fe80::1"], "empty.example": []})(host)

    async def scenario() -> None:
        async with Egress(AddressPolicy(["127.0.0.1", "fe80::/10"]), resolver=resolve) as egress:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
                port = unused.getsockname()[1]
                assert await reply_code(egress, "down.example", port) == 5
            assert egress.refusal("down.example", port) == (
                f"down.example:{port} refused the connection; is a server running there?"
            )
            assert await reply_code(egress, "gone.example", 80) == 4
            assert egress.refusal("GONE.example.", 80) == (
                "The host name gone.example does not exist; check the spelling."
            )
            assert await reply_code(egress, "later.example", 80) == 4
            assert "name server did not answer for later.example" in str(egress.refusal("later.example", 80))
            assert await reply_code(egress, "empty.example", 80) == 4
            assert "has no address" in str(egress.refusal("empty.example", 80))
            assert await reply_code(egress, "zone.example", 80) in (1, 3, 4)
            assert "zone.example:80" in str(egress.refusal("zone.example", 80))
            assert egress.refusal("never-asked.example", 80) is None
            assert egress.remote_address("down.example", port) is None

    asyncio.run(scenario())


@pytest.mark.parametrize("name", [b"a..example", b"x" * 64 + b".example", b"."])
def test_a_name_no_resolver_takes_is_an_invalid_name(name: bytes) -> None:
    async def scenario() -> None:
        async with Egress(AddressPolicy()) as egress:
            assert await reply_code(egress, name, 80) == 4
            assert egress.refusal(name.decode(), 80) is not None

    asyncio.run(scenario())


def test_a_success_clears_the_reason() -> None:
    async def scenario() -> None:
        async with Egress(AddressPolicy(["127.0.0.1"])) as egress:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                port = unused.getsockname()[1]
                assert await reply_code(egress, "127.0.0.1", port) == 5
            assert egress.refusal("127.0.0.1", port)
            async with serve(port=port):
                assert await reply_code(egress, "127.0.0.1", port) == 0
            assert egress.refusal("127.0.0.1", port) is None

    asyncio.run(scenario())


def test_a_server_that_does_not_answer_times_out() -> None:
    async def scenario() -> None:
        with socket.socket() as full, contextlib.ExitStack() as queue:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            for _ in range(4):  # the queue of one is full: the system drops what comes after
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            async with Egress(AddressPolicy(["127.0.0.1"]), connect_timeout=0.3) as egress:
                assert await reply_code(egress, "127.0.0.1", port) == 4
                assert egress.refusal("127.0.0.1", port) == (
                    f"127.0.0.1:{port} did not answer within 0.3 seconds; try again later."
                )

    asyncio.run(scenario())


def test_a_name_server_that_hangs_times_out_and_holds_nothing_up() -> None:
    release = threading.Event()

    def hang(_: str) -> list[str]:
        release.wait(30)
        return []

    async def scenario() -> None:
        async with Egress(AddressPolicy(), connect_timeout=0.2, resolver=hang) as egress:
            assert await reply_code(egress, "slow.example", 80) == 4
            assert "name server did not answer for slow.example" in str(egress.refusal("slow.example", 80))

    try:
        asyncio.run(asyncio.wait_for(scenario(), 10))
    finally:
        release.set()


def test_own_listeners_and_other_egresses_are_never_reached() -> None:
    async def scenario() -> None:
        anything = ["127.0.0.0/8", "::/0", "0.0.0.0/0", "localhost"]
        async with serve() as port:
            policy = AddressPolicy(anything, [f"127.0.0.1:{port}"])
            async with Egress(AddressPolicy(anything)) as first, Egress(policy) as second:
                assert await reply_code(first, "127.0.0.1", port) == 0
                assert await reply_code(second, "localhost", port) == 2
                assert "never archives itself" in str(second.refusal("localhost", port))
                for host in ("127.0.0.1", "0.0.0.0", "::", "127.0.0.9", "::ffff:127.0.0.1", "localhost"):
                    for target in (first, second):
                        assert await reply_code(first, host, target.port) == 2
                        assert "never archives itself" in str(first.refusal(host, target.port))

    asyncio.run(scenario())


BAD_HANDSHAKES = {
    "socks4": (b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b""),
    "http": (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b""),
    "no method": (b"\x05\x00", b"\x05\xff"),
    "password only": (b"\x05\x01\x02", b"\x05\xff"),
    "bind": (GREETING + request("127.0.0.1", 80, 2), b"\x05\x00\x05\x07"),
    "udp": (GREETING + request("127.0.0.1", 80, 3), b"\x05\x00\x05\x07"),
    "unknown command": (GREETING + request("127.0.0.1", 80, 99), b"\x05\x00\x05\x07"),
    "address type": (GREETING + b"\x05\x01\x00\x02\x7f\x00\x00\x01\x00\x50", b"\x05\x00\x05\x08"),
    "request version": (GREETING + b"\x04\x01\x00\x01\x7f\x00\x00\x01\x00\x50", b"\x05\x00"),
    "empty name": (GREETING + request(b"", 80), b"\x05\x00\x05\x01"),
    "null in name": (GREETING + request(b"127.0.0.1\x00.example", 80), b"\x05\x00\x05\x01"),
    "blank in name": (GREETING + request(b"127.0.0.1 x", 80), b"\x05\x00\x05\x01"),
    "raw utf-8": (GREETING + request("bücher.example", 80), b"\x05\x00\x05\x01"),
    "cut short": (GREETING + b"\x05\x01\x00\x03\x20abc", b"\x05\x00"),
}


@pytest.mark.parametrize("case", BAD_HANDSHAKES)
def test_a_wrong_handshake_is_answered_and_ended(case: str) -> None:
    sent, answer = BAD_HANDSHAKES[case]

    async def scenario() -> None:
        async with Egress(AddressPolicy(["0.0.0.0/0"])) as egress:
            assert (await raw_exchange(egress, sent))[: len(answer) or None] == answer
            assert await reply_code(egress, "127.0.0.1", egress.port) == 2  # and it goes on serving

    asyncio.run(scenario())


async def raw_exchange(egress: Egress, sent: bytes) -> bytes:
    """Send bytes and half-close; return what came back until the connection ended."""
    reader, writer = await asyncio.open_connection("127.0.0.1", egress.port)
    received = b""
    with contextlib.suppress(ConnectionError):  # bytes it did not read make the system reset the connection
        writer.write(sent)
        writer.write_eof()
        while data := await asyncio.wait_for(reader.read(100), 10):
            received += data
    writer.close()
    return received


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=12).map(lambda tail: b"\x05\x01\x00\x05\x01\x00" + tail),
        st.from_regex(rb"[!-~]{1,40}", fullmatch=True).map(lambda name: GREETING + request(name, 80)),
    )
)
def test_no_bytes_connect_where_nothing_is_approved(sent: bytes) -> None:
    class Closed(AddressPolicy):
        def check(self, host: str, port: int, address: object) -> None:
            raise AddressRefused("Nothing is approved.")

    async def scenario() -> None:
        async with Egress(Closed(), resolver=lambda _: ["127.0.0.1"]) as egress:
            assert (await raw_exchange(egress, sent))[2:4] != b"\x05\x00"
            assert await reply_code(egress, "127.0.0.1", 80) == 2  # and it goes on serving

    asyncio.run(scenario())


def test_a_slow_handshake_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress_module, "HANDSHAKE_SECONDS", 0.2)

    async def scenario() -> None:
        async with Egress(AddressPolicy()) as egress:
            reader, writer = await asyncio.open_connection("127.0.0.1", egress.port)
            writer.write(b"\x05")
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()

    asyncio.run(scenario())


def test_bytes_sent_right_behind_the_request_reach_the_destination() -> None:
    async def scenario() -> None:
        async with serve() as port, Egress(AddressPolicy(["127.0.0.1"])) as egress:
            received = await raw_exchange(egress, GREETING + request("127.0.0.1", port) + b"early")
            assert received[12:] == b"early"

    asyncio.run(scenario())


def test_fifty_megabytes_arrive_whole_both_ways_through_slow_readers() -> None:
    data = random.Random(5).randbytes(1 << 20) * 50

    async def scenario() -> None:
        async with serve() as port, Egress(AddressPolicy(["127.0.0.1"])) as egress:
            code, (reader, writer) = await ask(egress, "127.0.0.1", port)
            assert code == 0

            async def send() -> None:
                for start in range(0, len(data), 1 << 18):
                    writer.write(data[start : start + (1 << 18)])
                    await writer.drain()
                writer.write_eof()

            async def receive() -> str:
                digest = hashlib.sha256()
                while part := await reader.read(1 << 20):
                    digest.update(part)
                return digest.hexdigest()

            _, received = await asyncio.gather(send(), receive())
            writer.close()
            assert received == hashlib.sha256(data).hexdigest()
            assert egress.bytes_sent == egress.bytes_received == len(data)

    asyncio.run(scenario())


def test_a_reader_that_stops_holds_the_sender_back() -> None:
    async def scenario() -> None:
        sent = 0
        stopped = asyncio.Event()

        async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"x" * 65_536)
                    try:
                        await asyncio.wait_for(writer.drain(), 0.5)
                    except TimeoutError:
                        break
                    sent += 65_536
            stopped.set()
            writer.transport.abort()

        async with serve(flood) as port, Egress(AddressPolicy(["127.0.0.1"])) as egress:
            loop = asyncio.get_running_loop()
            with socket.socket() as client:
                client.setblocking(False)
                await loop.sock_connect(client, ("127.0.0.1", egress.port))
                await loop.sock_sendall(client, GREETING + request("127.0.0.1", port))
                await asyncio.wait_for(stopped.wait(), 20)
            assert sent < 64 * 2**20  # what the system's own socket buffers hold

    asyncio.run(scenario())


def test_each_side_may_close_its_half_first() -> None:
    async def scenario() -> None:
        async def answer_after_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = await reader.read()
            writer.write(b"you said " + asked)
            writer.close()

        async def end_then_listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"bye")
            writer.write_eof()
            heard.set_result(await reader.read())
            writer.close()

        heard = asyncio.get_running_loop().create_future()
        async with serve(answer_after_end) as one, serve(end_then_listen) as two:
            egress = Egress(AddressPolicy(["127.0.0.1"]))
            async with egress:
                _, (reader, writer) = await ask(egress, "127.0.0.1", one)
                writer.write(b"hello")
                writer.write_eof()
                assert await asyncio.wait_for(reader.read(), 5) == b"you said hello"
                writer.close()
                _, (reader, writer) = await ask(egress, "127.0.0.1", two)
                assert await asyncio.wait_for(reader.read(), 5) == b"bye"
                writer.write(b"still here")
                writer.write_eof()
                assert await asyncio.wait_for(heard, 5) == b"still here"
                writer.close()

    asyncio.run(scenario())


def test_a_connection_the_server_breaks_looks_broken_to_the_client() -> None:
    async def scenario() -> None:
        async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(4)
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

        async with serve(break_off) as port, Egress(AddressPolicy(["127.0.0.1"])) as egress:
            _, (reader, writer) = await ask(egress, "127.0.0.1", port)
            writer.write(b"half")
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 5)
            writer.close()

    asyncio.run(scenario())


def test_closing_ends_idle_connections_and_leaves_nothing() -> None:
    release = threading.Event()

    def resolve(host: str) -> list[str]:
        if host == "slow.example":
            release.wait(30)
        return ["127.0.0.1"]

    async def scenario() -> None:
        async with serve() as port:
            descriptors, tasks = len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks())
            async with Egress(AddressPolicy(["127.0.0.1"]), resolver=resolve) as egress:
                open_connections = [await ask(egress, "idle.example", port) for _ in range(20)]
                half_open = await asyncio.open_connection("127.0.0.1", egress.port)
                resolving = await asyncio.open_connection("127.0.0.1", egress.port)
                resolving[1].write(GREETING + request("slow.example", port))
                assert await resolving[0].readexactly(2) == b"\x05\x00"
            for _, (reader, writer) in [*open_connections, (0, half_open), (0, resolving)]:
                with contextlib.suppress(ConnectionError):
                    assert await asyncio.wait_for(reader.read(), 5) == b""
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", egress.port)
            assert egress.port not in egress_module._open_ports
            end = time.monotonic() + 5  # the server's own ends close on its next turns
            while len(asyncio.all_tasks()) > tasks or len(os.listdir("/proc/self/fd")) > descriptors:
                assert time.monotonic() < end, asyncio.all_tasks()
                await asyncio.sleep(0.01)

    try:
        asyncio.run(scenario())
    finally:
        release.set()


def test_closing_at_once_leaves_nothing() -> None:
    async def scenario() -> None:
        descriptors = len(os.listdir("/proc/self/fd"))
        egress = Egress(AddressPolicy())
        async with egress:
            pass
        assert len(os.listdir("/proc/self/fd")) == descriptors
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


def test_clients_beyond_the_limit_wait_for_a_free_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(egress_module, "MAX_CONNECTIONS", 2)

    async def scenario() -> None:
        async with serve() as port, Egress(AddressPolicy(["127.0.0.1"])) as egress:
            _, (_, first) = await ask(egress, "127.0.0.1", port)
            _, (_, second) = await ask(egress, "127.0.0.1", port)
            third = asyncio.create_task(ask(egress, "127.0.0.1", port))
            await asyncio.wait([third], timeout=0.2)
            assert not third.done()
            first.close()
            code, (_, writer) = await asyncio.wait_for(third, 5)
            assert code == 0
            second.close()
            writer.close()

    asyncio.run(scenario())
