"""What each venue's module in tests/unit/venues gives to the tests that run over all venues."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from engine.feeds.catalogue import FEEDS
from engine.feeds.feed import Routing
from engine.feeds.routing import routing
from infra.recordings import HERE
from schemas.raw import ReceivedFrame
from topics.recording import address, read, sample

RECORDED = HERE / "venues"
INSTRUMENTS = RECORDED / "instruments"
OWN_TESTS = {"binance"}
"""Venues whose tests are older than these."""

VENUES = {
    name: import_module(f"tests.unit.venues.{name}") for name in FEEDS if name not in OWN_TESTS
}
"""A venue without a module fails here."""

FILES = [(name, file) for name, module in VENUES.items() for file in module.RECORDINGS]


def routed(venue: str, file: str, market: str | None = None) -> Routing:
    """The routing of a shipped recording."""
    path = RECORDED / file
    return routing(venue, sample(path), (), market=market, address=address(path))


def frames(file: str) -> Iterator[ReceivedFrame]:
    """The frames of a shipped recording."""
    return read(RECORDED / file)


def rows(file: str) -> list[dict[str, Any]]:
    """The instruments of a shipped list."""
    found = orjson.loads(gzip.decompress((INSTRUMENTS / file).read_bytes()))
    assert isinstance(found, list)
    return found


def path_of(file: str) -> Path:
    """Where a shipped recording is."""
    return RECORDED / file
