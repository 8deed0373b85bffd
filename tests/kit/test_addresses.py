"""Which addresses may be called: none that leads into a network of the operator's, however it is written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.addresses import may_be_called, parse_networks

PRIVATE_V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PUBLIC_V4 = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "192.169.0.1", "100.128.0.1"]
PRIVATE_V6 = [
    "::", "::1", "::7f00:1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "100::1", "2001::1", "2001:db8::1", "64:ff9b:1::a00:1", "5f00::1",
]  # fmt: skip
PUBLIC_V6 = ["2606:4700:4700::1111", "2a00:1450:4001::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]


def embedded(v4: str) -> list[str]:
    """An IPv4 address as IPv6 can carry it."""
    number = int(ipaddress.IPv4Address(v4))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::ffff:{v4}",
        f"64:ff9b::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"2606:4700::5efe:{high:x}:{low:x}",
        f"2606:4700::200:5efe:{high:x}:{low:x}",
    ]


@pytest.mark.parametrize("text", [*PRIVATE_V4, *PRIVATE_V6, *[one for v4 in PRIVATE_V4 for one in embedded(v4)]])
def test_not_called(text: str) -> None:
    assert not may_be_called(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", [*PUBLIC_V4, *PUBLIC_V6])
def test_called(text: str) -> None:
    assert may_be_called(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_a_carried_address_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    expected = may_be_called(address)
    for carried in embedded(str(address))[:3]:
        assert may_be_called(ipaddress.ip_address(carried)) is expected


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_called(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        inner = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped
        assert inner or not may_be_called(address)


def test_what_the_operator_allows() -> None:
    allowed = parse_networks("10.1.0.0/16, fd00::/8,")
    for text in ("10.1.2.3", "fd00::5", "::ffff:10.1.2.3", "64:ff9b::a01:203", "8.8.8.8"):
        assert may_be_called(ipaddress.ip_address(text), allowed)
    for text in ("10.2.0.1", "127.0.0.1", "fc00::1", "::ffff:10.2.0.1"):
        assert not may_be_called(ipaddress.ip_address(text), allowed)
    with pytest.raises(ValueError, match="nonsense"):
        parse_networks("nonsense")
