"""Addresses on the public internet.

The list is maintained here, because `ipaddress` answers a different question (is an address globally unique?) and
changes with Python's version. Sources: the IANA registries of special-purpose addresses
(https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry) and the documentation of
cloud providers.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

INSIDE_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT; Alibaba's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host
        "169.254.0.0/16",  # link-local; most clouds' metadata at 169.254.169.254
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
"""IPv4 networks of machines, local networks and providers, and networks that nothing public may use."""
GLOBAL_6 = IPv6Network("2000::/3")
"""All IPv6 addresses assigned for public use so far."""
INSIDE_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments; Teredo at 2001::/32, whose IPv4 address is behind a NAT
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which providers no longer relay
        "3fff::/20",  # documentation
    )
)
"""IPv6 networks within `GLOBAL_6` that are not public."""
NAT64 = IPv6Network("64:ff9b::/96")
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""Third quarter of an IPv6 address whose last quarter is the IPv4 address of a tunnel endpoint."""


def is_public(address: str) -> bool:
    """Return whether an address is on the public internet, and not of a machine, a local network or a provider.

    Args:
        address: IPv4 or IPv6, optionally with a zone. An IPv4 address inside an IPv6 address must be public too.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, IPv4Address):
        return not any(found in network for network in INSIDE_4)
    if not all(is_public(str(inner)) for inner in embedded(found)):
        return False
    if found.ipv4_mapped is not None or found in NAT64:  # connecting to it connects to the IPv4 address
        return True
    return found in GLOBAL_6 and not any(found in network for network in INSIDE_6)


def embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses inside an IPv6 address: mapped, NAT64, 6to4, Teredo and ISATAP.

    Args:
        address: IPv6 address.
    """
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    yield from address.teredo or ()
    last = int(address) & 0xFFFF_FFFF
    if address in NAT64 or int(address) >> 32 & 0xFFFF_FFFF in ISATAP:
        yield IPv4Address(last)
