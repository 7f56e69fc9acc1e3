"""A refusal in the form of the venue that an address belongs to, and what its maintenance says."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from infra.exchange.addresses import within
from infra.exchange.faults import Fault

MAINTENANCE = {
    "okx": (503, 50001, "Service temporarily unavailable. Try again later."),
    "bybit": (200, 10016, "Service is restarting."),
}
"""https://www.okx.com/docs-v5/en/#error-code, https://bybit-exchange.github.io/docs/v5/error"""
BINANCE = (503, 1, "System is under maintenance.")
"""As ccxt has seen it (binance.py: `{"code":1,"msg":"System is under maintenance."}`); that 503 is
a failure: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info"""


def venue_of(path: str) -> str:
    """okx, bybit or binance."""
    return next((name for name in MAINTENANCE if within(name, path)), "binance")


def body(path: str, code: int, message: str) -> dict[str, Any]:
    """The JSON of a refusal there."""
    venue = venue_of(path)
    if venue == "okx":
        return {"code": str(code), "msg": message, "data": []}
    if venue == "bybit":
        return {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": 0}
    return {"code": code, "msg": message}


def refusal(fault: Fault, path: str) -> web.Response:
    """The answer of a fault that refuses, or of maintenance."""
    told = fault.status, fault.code, fault.message
    if fault.kind == "maintenance":
        told = MAINTENANCE.get(venue_of(path), BINANCE)
    status, code, message = told
    made = orjson.dumps(body(path, code, message))
    return web.Response(body=made, status=status, content_type="application/json")
