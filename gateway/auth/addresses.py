"""Where a request comes from, and whether a key may be used from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
SUBSCRIBER = 64
"""Bits of an IPv6 address that one subscriber has; the rest are the subscriber's to change."""
NOWHERE = "nowhere"
"""The address of what came over no network."""


def network(text: str) -> str:
    """An address or network as it is kept; ValueError, without the text, where it is none."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise ValueError("that is no address or network, as 192.0.2.0/24 is one") from None


def within(address: str, networks: Iterable[str]) -> bool:
    """Whether an address is in one of the networks."""
    found = parsed(address)
    return found is not None and any(found in ip_network(each) for each in networks)


def parsed(text: str) -> Address | None:
    """An address, of IPv4 also where it is written as one of IPv6; None where it is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def source(peer: str | None, forwarded: Sequence[str], proxies: Sequence[str]) -> str:
    """The client's address: the peer's, or what the nearest proxies of ours say of theirs.

    forwarded: X-Forwarded-For, oldest first. It is read from its end, as long as our own proxies
    speak: a client may write whatever it likes in front.
    """
    nearest = peer or NOWHERE
    for before in reversed(forwarded):
        if not within(nearest, proxies):
            break
        if parsed(before.strip()) is None:
            break
        nearest = before.strip()
    found = parsed(nearest)
    return str(found) if found else NOWHERE


def subscriber(address: str) -> str:
    """What counts as one address: of IPv6 its /64."""
    found = parsed(address)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, SUBSCRIBER), strict=False))
    return address
