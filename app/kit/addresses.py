"""Which addresses Viva may call when somebody else says where to: public ones, and those that the operator allows."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_6TO4 = ipaddress.IPv6Network("2002::/16")
# What `is_global` lets pass in one or another release of Python, and nobody's server has.
_NEVER = tuple(
    ipaddress.ip_network(one)
    for one in (
        "::/96",  # IPv4-compatible: out of use, and a way to write 127.0.0.1
        "64:ff9b:1::/48",  # a network's own NAT64: where in it an IPv4 address stands is not known
        "100::/64",
        "2001::/23",  # Teredo and other experiments
        "5f00::/16",
        "fec0::/10",  # once what fc00::/7 is now
        "192.0.0.0/24",
        "192.88.99.0/24",
        "240.0.0.0/4",
    )
)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks such as `10.0.0.0/8, fd00::/8`.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def may_be_called(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address is a public server's, or in one of the networks that the operator allows.

    An IPv4 address in IPv6's clothes (mapped, NAT64, 6to4, ISATAP) is judged as the IPv4 address that it leads to.
    """
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is not None and not may_be_called(inner, allowed):
            return False
        if inner is not None and (address in _MAPPED or address in _NAT64 or address in _6TO4):
            return True
    if any(address.version == network.version and address in network for network in _NEVER):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_unspecified or address.is_loopback or address.is_link_local
    )


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    bits = int(address)
    if address in _MAPPED or address in _NAT64:
        return ipaddress.IPv4Address(bits & 0xFFFFFFFF)
    if address in _6TO4:
        return ipaddress.IPv4Address(bits >> 80 & 0xFFFFFFFF)
    # ISATAP: the IPv4 address stands behind 0:5efe or 200:5efe.
    if bits >> 32 & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE):
        return ipaddress.IPv4Address(bits & 0xFFFFFFFF)
    return None
