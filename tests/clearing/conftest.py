from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.clearing.contract import Terms
from engine.clearing.engine import Clearing
from engine.matching.instrument import Instrument
from tests.clearing import naive as reference
from tests.clearing.plays import LINEAR, Desk, Maker
from tests.matching.plays import Matching


def naive(
    instruments: Sequence[Instrument], terms: Terms, accounts: int, max_orders: int
) -> Matching:
    return reference.Cleared(instruments, terms, accounts, max_orders)


def fast(
    instruments: Sequence[Instrument], terms: Terms, accounts: int, max_orders: int
) -> Matching:
    return Clearing(instruments, terms, accounts, max_orders)


ENGINES: dict[str, Maker] = {"naive": naive, "engine": fast}


@pytest.fixture(params=ENGINES)
def opened(request: pytest.FixtureRequest) -> Maker:
    return ENGINES[request.param]


def _unused(instruments: Sequence[Instrument], accounts: int, max_orders: int) -> Matching:
    raise AssertionError


@pytest.fixture
def poor(opened: Maker) -> Desk:
    """Accounts without money."""
    return Desk(_unused, opened=opened)


@pytest.fixture
def desk(opened: Maker) -> Desk:
    """Accounts with 10,000 of each asset."""
    return Desk(_unused, opened=opened, rich=10_000)


@pytest.fixture
def pit(opened: Maker) -> Desk:
    """As desk, where orders are of the linear contract unless said otherwise."""
    return Desk(_unused, opened=opened, rich=10_000, symbol=LINEAR)
