"""Real Chromium behind the egress: what it can reach, and that nothing gets past."""

# ruff: noqa: S104 - nothing is bound to all interfaces here

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pagekeep.capture.chromium.launch import FLAGS
from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.capture.network.egress import Egress

SHELL = shutil.which("chromium-headless-shell")

# The engine's own flags, without those that make the browser wait for commands and those a test sets itself.
_OTHERS = ("--remote-debugging", "--no-startup-window", "--proxy-server")
GUARDED = tuple(flag for flag in FLAGS if not flag.startswith(_OTHERS))
WITHOUT_WEBRTC_POLICY = tuple(flag for flag in GUARDED if "webrtc" not in flag)
WITHOUT_RESOLVER_RULES = tuple(flag for flag in GUARDED if "host-resolver-rules" not in flag)


@dataclass
class Site:
    """A loopback web server: its log, its pages, and an image that stays unfinished until the test lets go."""

    port: int = 0
    log: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split()[1].decode()
        self.log.append(path)
        if path == "/released":
            self.release.set()
        elif path == "/held.png":
            await self.release.wait()
        body = self.pages.get(path, "").encode()
        kind = "text/html" if path in self.pages else "image/png"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode())
        writer.write(b"Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n" + body)
        writer.close()


@contextlib.asynccontextmanager
async def website(host: str, pages: dict[str, str]) -> AsyncIterator[Site]:
    site = Site(pages=pages)
    server = await asyncio.start_server(site.answer, host, 0)
    async with server:
        site.port = server.sockets[0].getsockname()[1]
        yield site


async def dump_dom(url: str, profile: Path, egress: Egress, flags: Sequence[str] = GUARDED) -> str:
    assert SHELL is not None
    proxy = f"--proxy-server={egress.proxy_url}"
    process = await asyncio.create_subprocess_exec(
        SHELL, "--no-sandbox", *flags, proxy, f"--user-data-dir={profile}", "--dump-dom", url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 40)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return out.decode()


HELLO = {"/": "<title>hello</title><p>hello from the site</p>"}


def test_a_listed_address_opens_and_others_do_not(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with website("127.0.0.1", HELLO) as site:
            async with Egress(AddressPolicy([f"127.0.0.1:{site.port}"])) as egress:
                dom = await dump_dom(f"http://127.0.0.1:{site.port}/", tmp_path / "listed", egress)
                assert "hello from the site" in dom
                assert egress.remote_address("127.0.0.1", site.port) == "127.0.0.1"
                assert egress.bytes_received > len(HELLO["/"])
            site.log.clear()
            async with Egress(AddressPolicy()) as egress:
                dom = await dump_dom(f"http://127.0.0.1:{site.port}/", tmp_path / "refused", egress)
                assert "hello from the site" not in dom
                assert "PAGEKEEP_ALLOW_PRIVATE" in str(egress.refusal("127.0.0.1", site.port))
            assert site.log == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("bind", "host"),
    [
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "foo.localhost"),
        ("127.0.0.1", "2130706433"),
        ("127.0.0.1", "0x7f.1"),
        ("127.0.0.1", "0177.0.0.1"),
        ("127.0.0.1", "127.0.0.1."),
        ("127.0.0.1", "0.0.0.0"),
        ("127.0.0.1", "[::ffff:127.0.0.1]"),
        ("::1", "[::1]"),
    ],
)
def test_no_spelling_of_this_host_gets_through(bind: str, host: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with website(bind, HELLO) as site, Egress(AddressPolicy()) as egress:
            dom = await dump_dom(f"http://{host}:{site.port}/", tmp_path / "profile", egress)
            assert "hello from the site" not in dom
            assert site.log == []
            assert egress.refusal(host, site.port) is not None

    asyncio.run(scenario())


def test_a_page_cannot_reach_private_addresses_by_any_means(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with website("127.0.0.1", {}) as private, website("127.0.0.1", {}) as site:
            there = f"127.0.0.1:{private.port}"
            site.pages["/"] = f"""
                <link rel="preconnect" href="http://{there}"><link rel="prefetch" href="http://{there}/prefetch">
                <img src="http://{there}/img"><iframe src="http://{there}/frame"></iframe>
                <script src="http://localhost:{private.port}/script"></script><img src="/held.png">
                <script>
                  const tries = [fetch("http://{there}/fetch", {{mode: "no-cors"}}),
                    new Promise((done) => {{ const s = new WebSocket("ws://{there}/socket"); s.onclose = done; }}),
                    new Promise((done) => {{
                      const w = new Worker(URL.createObjectURL(new Blob([
                        `fetch("http://{there}/worker").catch(() => 0).then(() => postMessage(0))`])));
                      w.onmessage = done; }})];
                  navigator.sendBeacon("http://{there}/beacon", "x");
                  Promise.allSettled(tries).then(() => fetch("/released"));
                </script>"""
            async with Egress(AddressPolicy([f"127.0.0.1:{site.port}"])) as egress:
                await dump_dom(f"http://127.0.0.1:{site.port}/", tmp_path / "profile", egress)
            assert "/released" in site.log
            assert private.log == []

    asyncio.run(scenario())


class Packets(asyncio.DatagramProtocol):
    def __init__(self, arrived: Callable[[], None]) -> None:
        self.count = 0
        self._arrived = arrived

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.count += 1
        self._arrived()


@pytest.mark.parametrize("guarded", [True, False])
def test_webrtc_sends_nothing_past_the_proxy(guarded: bool, tmp_path: Path) -> None:
    """Without the WebRTC flags the packet arrives: that shows the test would notice."""

    async def scenario() -> None:
        async with website("127.0.0.1", {}) as site:
            loop = asyncio.get_running_loop()
            transport, packets = await loop.create_datagram_endpoint(
                lambda: Packets(site.release.set), local_addr=("127.0.0.1", 0)
            )
            port = transport.get_extra_info("sockname")[1]
            site.pages["/"] = f"""<img src="/held.png"><p id="state"></p><script>
                const peer = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{port}"}}]}});
                const state = document.getElementById("state");
                peer.onicecandidate = (event) => {{ if (!event.candidate) fetch("/released"); }};
                peer.createDataChannel("x");
                peer.createOffer().then((offer) => peer.setLocalDescription(offer))
                  .then(() => state.append("gathering"), (error) => fetch("/released?" + error));
                </script>"""
            async with Egress(AddressPolicy([f"127.0.0.1:{site.port}"])) as egress:
                flags = GUARDED if guarded else WITHOUT_WEBRTC_POLICY
                dom = await dump_dom(f"http://127.0.0.1:{site.port}/", tmp_path / "profile", egress, flags)
            transport.close()
            assert "gathering" in dom
            assert (packets.count == 0) is guarded

    asyncio.run(scenario())


@pytest.mark.parametrize("guarded", [True, False])
def test_host_names_are_resolved_by_the_egress_alone(guarded: bool, tmp_path: Path) -> None:
    """Without the resolver rules the browser's own resolver hears the names: that shows the test would notice."""

    async def scenario() -> None:
        asked: list[str] = []

        def resolve(host: str) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"]

        async with website("127.0.0.1", {}) as site:
            site.pages["/"] = f"""hello from the site<link rel="dns-prefetch" href="http://prefetch.example">
                <link rel="preconnect" href="http://preconnect.example"><img src="http://img.example:{site.port}/">"""
            async with Egress(AddressPolicy([f"127.0.0.1:{site.port}"]), resolver=resolve) as egress:
                log = tmp_path / "net.json"
                flags = [*(GUARDED if guarded else WITHOUT_RESOLVER_RULES), f"--log-net-log={log}"]
                dom = await dump_dom(f"http://site.example:{site.port}/", tmp_path / "profile", egress, flags)
        assert "hello from the site" in dom
        assert {"site.example", "img.example"} <= set(asked)
        net = json.loads(log.read_bytes())
        kinds = {number: name for name, number in net["constants"]["logEventTypes"].items()}
        hosts = {
            event["params"]["host"]
            for event in net["events"]
            if kinds[event["type"]] == "HOST_RESOLVER_MANAGER_REQUEST" and "host" in event.get("params", {})
        }
        assert hosts, "the browser's log lists every name its resolver was asked for"
        assert any(".example" in host for host in hosts) is not guarded
        assert not {kinds[event["type"]] for event in net["events"]} & {"DNS_TRANSACTION", "HOST_RESOLVER_SYSTEM_TASK"}

    asyncio.run(scenario())
