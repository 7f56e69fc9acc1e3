"""Whether an address is this machine's own."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Only this machine reaches it: an address of the loopback interface, or its name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
