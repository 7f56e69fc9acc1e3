"""A local exchange in this process, and unmodified ccxt clients with other addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import ccxt.async_support as ccxt
import pytest

from infra.exchange import addresses
from infra.exchange.accounts import Key
from tests.exchange.bybit_venue import bybit as bybit
from tests.exchange.local import ALICE as ALICE
from tests.exchange.local import BOB as BOB
from tests.exchange.local import Local
from tests.exchange.okx_venue import okx as okx

SYMBOL = "BTC/USDT:USDT"


class Venue(Local):
    """Binance: its USD-M house where none is named."""

    def client(self, kind: Any = ccxt.binanceusdm, key: Key = ALICE, **options: Any) -> Any:
        """A ccxt client."""
        return self.made(kind, key, addresses.binance(self.running.address), options)


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    async with Venue.opened(ALICE) as made:
        yield made
