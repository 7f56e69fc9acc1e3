"""Addresses that this desk may call: https, or a machine of one's own that the settings allow."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/[\w.~%+,;=&?/-]*)?"
).fullmatch


class Address(NamedTuple):
    """The parts of a URL; `port` as given, else that of the scheme."""

    scheme: str
    host: str
    port: int
    path: str


def address(url: str) -> Address:
    """The parts of an http or https URL without user, password and fragment; ValueError if it is
    none.
    """
    found = _URL(url)
    if found is None:
        raise ValueError("an address is https://HOST[:PORT][/PATH], without user and password")
    scheme, host = found["scheme"], found["host"].strip("[]").lower()
    port = int(found["port"] or (443 if scheme == "https" else 80))
    if not 0 < port < 65536:
        raise ValueError("a port is 1 to 65535")
    return Address(scheme, host, port, found["path"] or "/")


def allowed(url: str, local: bool) -> Address:
    """The address, if it may be called; ValueError in words if not.

    local: http and private addresses are allowed too, as for a server on this machine or in one's
    own network. Without it only https, and no address that is private, of this machine or of a
    cloud's metadata.
    """
    found = address(url)
    if local:
        if found.scheme == "http" and not _own(found.host):
            raise ValueError("http is for machines of one's own only: use https")
        return found
    if found.scheme != "https":
        raise ValueError("only https is called; for a server of one's own set local = true")
    if _own(found.host):
        raise ValueError("that is a private address; for a server of one's own set local = true")
    return found


def is_public(text: str) -> bool:
    """True for an IP address that anyone on the internet may have."""
    try:
        one = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(one, "ipv4_mapped", None)
    return (mapped or one).is_global and not one.is_multicast


def _own(host: str) -> bool:
    """A private IP address, or a name that no public host has: localhost, `ollama`, x.internal.

    A name of digits is an address that a resolver may read in its own way (0x7f.1, 127.1).
    """
    try:
        ip_address(host)
    except ValueError:
        last = host.rpartition(".")[2]
        odd = last.isdigit() or last.startswith("0x")
        return "." not in host or odd or last in ("localhost", "local", "internal", "lan")
    return not is_public(host)
