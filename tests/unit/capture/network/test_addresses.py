"""Which addresses may be connected to."""

# ruff: noqa: S104 - nothing is bound here

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.capture.network.addresses import AddressPolicy, canonical_host, is_this_host, parse_address, special_kind
from pagekeep.domain.errors import AddressRefused, BadInput

PUBLIC = """
    1.1.1.1 8.8.8.8 93.184.216.34 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255
    198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255 2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001:81b::200e
    2001:200:: 2000:: 3ffe:ffff::1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
"""

SPECIAL = """
    0.0.0.0 0.1.2.3 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255 127.0.0.0
    127.0.0.1 127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.8 192.0.0.9
    192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9
    224.0.0.1 232.1.1.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255 :: ::1 ::2 ::7f00:1 ::8.8.8.8
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1 1fff:ffff::1 2001::1 2001:0:7f00:1::1 2001:1::1 2001:2::1 2001:10::1
    2001:20::1 2001:1ff::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe::1 2002:c0a8:101:: 3fff::1
    3fff:fff::1 4000::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fd20:ce::254 fe80::1 febf::1 fec0::1 feff::1 ff02::1
    ff0e::1 ffff::1
"""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_may_be_reached(address: str) -> None:
    AddressPolicy().check("example.com", 443, address)


@pytest.mark.parametrize("address", SPECIAL.split())
def test_everything_else_is_refused_until_it_is_listed(address: str) -> None:
    with pytest.raises(AddressRefused, match="PAGEKEEP_ALLOW_PRIVATE"):
        AddressPolicy().check("example.com", 443, address)
    AddressPolicy([address]).check("example.com", 443, address)
    AddressPolicy(["example.com"]).check("example.com", 443, address)


_NETWORKS = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16
    198.18.0.0/15 224.0.0.0/3 ::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2000::/3 2001::/22
    2001:db8::/31 2002::/16 2002:7f00::/24 3fff::/18 fc00::/6 fe80::/9 ff00::/8
"""
any_address = st.one_of(st.ip_addresses(), *(st.ip_addresses(network=network) for network in _NETWORKS.split()))


@given(any_address)
def test_nothing_the_standard_library_knows_as_special_is_reachable(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if special_kind(address) is not None:
        with pytest.raises(AddressRefused):
            AddressPolicy().check("example.com", 443, address)
        return
    AddressPolicy().check("example.com", 443, address)
    embedded = address
    if isinstance(address, ipaddress.IPv6Address):
        if address in ipaddress.ip_network("64:ff9b::/96"):
            embedded = ipaddress.IPv4Address(address.packed[12:])
        embedded = address.ipv4_mapped or address.sixtofour or embedded
        assert address.teredo is None
    assert embedded.is_global
    assert not embedded.is_private
    assert not embedded.is_multicast
    assert not embedded.is_reserved


@given(any_address, any_address)
def test_a_listed_address_opens_no_other(
    listed: ipaddress.IPv4Address | ipaddress.IPv6Address, other: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    policy = AddressPolicy([str(listed)])
    policy.check("example.com", 443, listed)
    if special_kind(other) and parse_address(str(other)) != parse_address(str(listed)):
        with pytest.raises(AddressRefused):
            policy.check("example.com", 443, other)


@pytest.mark.parametrize(
    ("entry", "host", "port", "address", "allowed"),
    [
        ("192.168.0.0/16", "nas.lan", 80, "192.168.3.4", True),
        ("192.168.0.0/16", "nas.lan", 80, "10.0.0.1", False),
        ("fd00::/8", "nas.lan", 80, "fd12::1", True),
        ("::ffff:10.0.0.0/104", "nas.lan", 80, "10.9.9.9", True),
        ("10.0.0.0/8", "nas.lan", 80, "::ffff:10.9.9.9", True),
        ("192.168.3.4:80", "nas.lan", 80, "192.168.3.4", True),
        ("192.168.3.4:80", "nas.lan", 81, "192.168.3.4", False),
        ("[::1]:80", "localhost", 80, "::1", True),
        ("[::1]:80", "localhost", 80, "127.0.0.1", False),
        ("[::1]:80", "localhost", 8080, "::1", False),
        ("::1", "localhost", 8080, "::1", True),
        ("[::1]", "localhost", 8080, "::1", True),
        ("NAS.Lan", "nas.lan.", 80, "10.0.0.1", True),
        ("nas.lan", "evil-nas.lan", 80, "10.0.0.1", False),
        ("nas.lan", "sub.nas.lan", 80, "10.0.0.1", False),
        ("nas.lan:8080", "nas.lan", 8080, "10.0.0.1", True),
        ("nas.lan:8080", "nas.lan", 80, "10.0.0.1", False),
        ("bücher.lan", "xn--bcher-kva.lan", 80, "10.0.0.1", True),
        (" my_nas ", "my_nas", 80, "10.0.0.1", True),
        ("0.0.0.0/0", "metadata", 80, "169.254.169.254", True),
    ],
)
def test_entries_allow_what_they_name(entry: str, host: str, port: int, address: str, allowed: bool) -> None:
    policy = AddressPolicy([entry])
    if allowed:
        policy.check(host, port, address)
    else:
        with pytest.raises(AddressRefused):
            policy.check(host, port, address)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "http://nas.lan/",
        "nas.lan:",
        "nas.lan:0",
        "nas.lan:65536",
        "nas.lan:x",
        ":80",
        "10.0.0.0/33",
        "10.0.0.1/8",
        "*.lan",
        "nas lan",
        "127.1",
        "2130706433",
        "0x7f000001",
        "10",
        "a..b",
        "[::1",
        "::1]:80",
        "10.0.0.0/8:80",
        "256.1.1.1",
        "nas.lan:٨٠",
        "[nas.lan]:80",
        "256.1.1.1:80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_bad_entry_is_named(entry: str) -> None:
    with pytest.raises(BadInput) as caught:
        AddressPolicy([entry])
    assert repr(entry) in str(caught.value)
    assert "PAGEKEEP_ALLOW_PRIVATE" in str(caught.value)


@pytest.mark.parametrize("entry", ["127.0.0.1", "localhost", "10.0.0.0/8", "[::1]"])
def test_an_own_listener_has_a_port(entry: str) -> None:
    with pytest.raises(BadInput, match="own addresses"):
        AddressPolicy(refuse=[entry])


@given(st.text(max_size=40))
def test_any_entry_is_read_or_refused_in_one_sentence(entry: str) -> None:
    try:
        AddressPolicy([entry])
    except BadInput as error:
        sentence = str(error)
    else:
        sentence = "."
    assert sentence.endswith(".")


EVERYTHING = ("0.0.0.0/0", "::/0", "localhost", "nas.lan")


@pytest.mark.parametrize(
    ("own", "host", "address", "refused"),
    [
        ("127.0.0.1:8000", "localhost", "127.0.0.1", True),
        ("127.0.0.1:8000", "localhost", "::ffff:127.0.0.1", True),
        ("127.0.0.1:8000", "0.0.0.0", "0.0.0.0", True),
        ("127.0.0.1:8000", "::", "::", True),
        ("127.0.0.1:8000", "localhost", "::1", False),
        ("127.0.0.1:8000", "nas.lan", "10.255.254.253", False),
        ("0.0.0.0:8000", "localhost", "127.0.0.1", True),
        ("0.0.0.0:8000", "localhost", "127.9.9.9", True),
        ("0.0.0.0:8000", "localhost", "::1", True),
        ("[::]:8000", "localhost", "127.0.0.1", True),
        ("[::]:8000", "nas.lan", "10.255.254.253", False),
        ("localhost:8000", "example.com", "127.0.0.1", True),
        ("localhost:8000", "example.com", "::1", True),
        ("archive.example:8000", "archive.example", "93.184.216.34", True),
        ("archive.example:8000", "Archive.Example.", "93.184.216.34", True),
        ("archive.example:8000", "other.example", "93.184.216.34", False),
    ],
)
def test_own_listeners_are_refused_whatever_is_allowed(own: str, host: str, address: str, refused: bool) -> None:
    policy = AddressPolicy(EVERYTHING, [own])
    policy.check(host, 8001, address)
    if refused:
        with pytest.raises(AddressRefused, match="never archives itself"):
            policy.check(host, 8000, address)
    else:
        policy.check(host, 8000, address)


def test_every_interface_address_is_this_host() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; shows which address this machine would use
        except OSError:
            pytest.skip("this machine has no network")
        own = probe.getsockname()[0]
    address = parse_address(own)
    assert address is not None
    assert is_this_host(address)
    with pytest.raises(AddressRefused, match="never archives itself"):
        AddressPolicy(EVERYTHING, ["0.0.0.0:8000"]).check("nas.lan", 8000, own)


def test_loopback_is_this_host_and_a_public_address_is_not() -> None:
    for text, expected in {
        "127.8.8.8": True,
        "::1": True,
        "0.0.0.0": True,
        "1.1.1.1": False,
        "2606:4700::1111": False,
    }.items():
        assert is_this_host(ipaddress.ip_address(text)) is expected, text


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "[::ffff:7f00:1]",
    ],
)
def test_every_spelling_of_a_number_is_read(text: str) -> None:
    assert parse_address(text) == ipaddress.ip_address("127.0.0.1")
    assert canonical_host(text) == "127.0.0.1"
    with pytest.raises(AddressRefused):
        AddressPolicy().check(text, 80, text)


@pytest.mark.parametrize("text", ["localhost", "example.com", "", "1.2.3.4.5", "1.2.3.4.example", "::g"])
def test_names_are_no_addresses(text: str) -> None:
    assert parse_address(text) is None


def test_sentences_name_host_address_and_remedy() -> None:
    policy = AddressPolicy(refuse=["127.0.0.1:8000"])
    assert _refusal(policy, "nas.lan", 80, "192.168.1.5") == (
        "nas.lan leads to 192.168.1.5, an address of a private network, "
        "and Pagekeep connects to public addresses only; add 192.168.1.5:80 to PAGEKEEP_ALLOW_PRIVATE to permit it."
    )
    assert _refusal(policy, "[::1]", 80, "::1") == (
        "::1 is a loopback address, and Pagekeep connects to public addresses only; "
        "add [::1]:80 to PAGEKEEP_ALLOW_PRIVATE to permit it."
    )
    assert _refusal(policy, "127.0.0.1", 8000, "127.0.0.1") == (
        "127.0.0.1:8000 is Pagekeep's own address, and Pagekeep never archives itself."
    )
    assert _refusal(policy, "localhost", 8000, "127.0.0.1") == (
        "localhost:8000 leads to 127.0.0.1:8000, which is Pagekeep's own address, and Pagekeep never archives itself."
    )


def _refusal(policy: AddressPolicy, host: str, port: int, address: str) -> str:
    with pytest.raises(AddressRefused) as caught:
        policy.check(host, port, address)
    return str(caught.value)
