"""Where the gateway of a home is, for other processes: written down while it serves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from topics.pids import Pid

FILE = "gateway.json"
LOG = "logs/gateway.log"
LINK = re.compile(r"the first admin's link: (\S+)")


@contextmanager
def announced(home: Path, address: str, operator: str = "") -> Iterator[None]:
    """Write an address, and the path of the operator's socket, down while the block runs."""
    file = home / FILE
    home.mkdir(parents=True, exist_ok=True)
    own = Pid.of(os.getpid())
    told = {"address": address, "operator": operator, **asdict(own)}
    file.with_suffix(".new").write_bytes(orjson.dumps(told))
    file.with_suffix(".new").replace(file)
    try:
        yield
    finally:
        if _told(home).get("pid") == os.getpid():
            file.unlink(missing_ok=True)


def address_of(home: Path) -> str:
    """The address of the gateway that serves a home; "" where none does."""
    return str(_living(home).get("address", ""))


def operator_of(home: Path) -> str:
    """The path of the operator's socket, where a gateway serves a home that has one; else ""."""
    return str(_living(home).get("operator", ""))


def first_link(home: Path) -> str:
    """The link by which the first admin of a home signs in, while nobody has used it; "" where a
    gateway that `tapeline up` runs has printed none.
    """
    try:
        log = (home / LOG).read_text(errors="replace")
    except OSError:
        return ""
    found = LINK.findall(log)
    return str(found[-1]) if found else ""


def _living(home: Path) -> dict[str, Any]:
    """What a gateway has written down that still runs."""
    told = _told(home)
    try:
        there = Pid(told["pid"], told["created"]).alive()
    except (KeyError, TypeError, ValueError):
        return {}
    return told if there else {}


def _told(home: Path) -> dict[str, Any]:
    try:
        told = orjson.loads((home / FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return told if isinstance(told, dict) else {}
