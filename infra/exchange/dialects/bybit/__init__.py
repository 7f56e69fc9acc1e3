"""Bybit v5: linear USDT perpetuals of unified accounts in one-way mode.

section   what the endpoints share      rest      endpoints as aiohttp routes
errors    retCode and retMsg            request   parameters, read strictly
signing   keys, times, signatures       limits    requests of accounts and addresses
listing   its markets                   filters   what an order must keep to
market, instruments, tickers            /v5/market
account, positions                      /v5/account, /v5/position and what ccxt asks by itself
orders, batches, history                /v5/order, /v5/execution
trade     /v5/trade                     stream    what all sockets have in common
private, events                         /v5/private
public, display                         /v5/public/linear
ledger    what a house does not keep    shapes    rows that REST and streams tell alike
"""

from __future__ import annotations

from functools import partial

from aiohttp import web

from infra.exchange.dialect import Dialect
from infra.exchange.dialects.bybit import (
    account,
    batches,
    history,
    instruments,
    market,
    orders,
    positions,
    rest,
    stops,
)
from infra.exchange.dialects.bybit.conditional import send
from infra.exchange.dialects.bybit.listing import opened
from infra.exchange.dialects.bybit.private import Private
from infra.exchange.dialects.bybit.public import Public
from infra.exchange.dialects.bybit.section import Section
from infra.exchange.dialects.bybit.trade import OrderEntry
from infra.exchange.faults import Faults

__all__ = ["Section", "dialect", "opened"]
TABLES = (market, instruments, account, positions, stops, orders, batches, history)


def dialect(section: Section, faults: Faults) -> Dialect:
    """All of it."""
    section.house.conditions.send = partial(send, section)
    public, private, entry = Public(section, faults), Private(section, faults), OrderEntry(section)
    found = [route for each in TABLES for route in rest.routes(section, each.TABLE)]
    found += [
        web.get("/v5/public/linear", public.connect),
        web.get("/v5/private", private.connect),
        web.get("/v5/trade", entry.connect),
    ]
    return Dialect(found, public.run)
