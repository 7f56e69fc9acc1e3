"""Spot: /api/v3, its streams and WebSocket API, the wallet, and what ccxt asks of COIN-M."""

from __future__ import annotations

from aiohttp import web

from infra.exchange.dialect import Dialect
from infra.exchange.dialects.binance import (
    inverse,
    rest,
    spot_account,
    spot_market,
    spot_orders,
    spot_replace,
    wallet,
)
from infra.exchange.dialects.binance.api import Api
from infra.exchange.dialects.binance.section import Section
from infra.exchange.dialects.binance.spot_api import METHODS
from infra.exchange.dialects.binance.spot_streams import SpotStreams
from infra.exchange.dialects.binance.spot_user import UserData
from infra.exchange.faults import Faults


def dialect(section: Section, faults: Faults) -> Dialect:
    """All of it."""
    tables = (spot_market, spot_account, spot_orders, spot_replace, wallet, inverse)
    streams, user = SpotStreams(section, faults), UserData(section, faults)
    api = Api(section, METHODS | user.methods(), user.end)
    found = [route for each in tables for route in rest.routes(section, each.TABLE)]
    found += [*streams.routes(), web.get("/ws-api/v3", api.connect)]
    return Dialect(found, streams.run)
