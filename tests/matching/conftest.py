from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.matching.engine import Matching as Fast
from engine.matching.instrument import Instrument
from tests.matching import naive as reference
from tests.matching.plays import Maker, Matching, Play


def naive(instruments: Sequence[Instrument], accounts: int, max_orders: int) -> Matching:
    return reference.Naive(instruments, accounts, max_orders)


def fast(instruments: Sequence[Instrument], accounts: int, max_orders: int) -> Matching:
    return Fast(instruments, accounts, max_orders)


ENGINES: dict[str, Maker] = {"naive": naive, "engine": fast}


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest) -> Maker:
    return ENGINES[request.param]


@pytest.fixture
def play(make: Maker) -> Play:
    return Play(make)
