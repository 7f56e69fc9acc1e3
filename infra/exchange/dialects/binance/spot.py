"""Spot: /api/v3, and what ccxt asks by itself of the wallet and of COIN-M."""

from __future__ import annotations

import asyncio

from infra.exchange.dialect import Dialect
from infra.exchange.dialects.binance import rest, wallet
from infra.exchange.dialects.binance.section import Section
from infra.exchange.faults import Faults


def dialect(section: Section, faults: Faults) -> Dialect:
    """All of it."""
    found = rest.routes(section, wallet.TABLE)

    async def run() -> None:
        await asyncio.Event().wait()

    return Dialect(found, run)
