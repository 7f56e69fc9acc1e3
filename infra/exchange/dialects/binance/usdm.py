"""USD-M futures: /fapi, the streams of fstream, and the WebSocket API ws-fapi."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from infra.exchange.dialect import Dialect
from infra.exchange.dialects.binance import rest, usdm_account, usdm_algos, usdm_market, usdm_orders
from infra.exchange.dialects.binance import usdm_settings as settings
from infra.exchange.dialects.binance.api import Api
from infra.exchange.dialects.binance.section import Section
from infra.exchange.dialects.binance.usdm_api import METHODS
from infra.exchange.dialects.binance.usdm_conditions import send
from infra.exchange.dialects.binance.usdm_streams import UsdmStreams
from infra.exchange.faults import Faults


def dialect(section: Section, faults: Faults) -> Dialect:
    """All of it."""
    section.house.conditions.send = partial(send, section)
    tables = (usdm_market, usdm_account, settings, usdm_orders, usdm_algos)
    streams = UsdmStreams(section, faults)
    found = [route for each in tables for route in rest.routes(section, each.TABLE)]
    found += [*streams.routes(), web.get("/ws-fapi/v1", Api(section, METHODS).connect)]
    return Dialect(found, streams.run)
