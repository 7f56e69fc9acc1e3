"""Refusals in Bybit's codes and words: retCode and retMsg, told with HTTP 200.

https://bybit-exchange.github.io/docs/v5/error
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from engine.clearing.codes import Why as Unpaid
from engine.matching.codes import Why as Reject
from infra.exchange.house import Why


class Code(IntEnum):
    """Codes that are spoken."""

    PARAMETER = 10001
    EXPIRED = 10002
    API_KEY = 10003
    SIGNATURE = 10004
    TOO_MANY_VISITS = 10006
    UNAUTHENTICATED = 10007
    NO_SUCH_OP = 10404
    REPEATED_AUTH = 20001
    DUPLICATE_REQUEST = 20006
    NOT_MODIFIED = 34040
    UNIFIED_ACCOUNT = 100028
    NO_SUCH_ORDER = 110001
    PRICE_OUT_OF_RANGE = 110003
    INSUFFICIENT = 110007
    TOO_MANY_STOPS = 110009
    RISK_LIMIT = 110013
    REDUCE_ONLY = 110017
    TOO_MANY_ORDERS = 110020
    POSITION_MODE_NOT_MODIFIED = 110025
    NO_HEDGE_MODE = 110029
    LEVERAGE_NOT_MODIFIED = 110043
    NOT_ABOVE_FILLED = 110064
    TOO_MANY_PARTIAL = 110061
    DUPLICATE_LINK = 110072
    POSITION_LIMIT = 110090
    EXPECT_RISING = 110092
    EXPECT_FALLING = 110093
    LEAST_NOTIONAL = 110094
    TICKS_OF_TOLERANCE = 110108
    PERCENT_OF_TOLERANCE = 110109
    RPI = 110119
    MARGIN_MODE = 3400045


WORDS = {
    Code.API_KEY: "API key is invalid.",
    Code.TOO_MANY_VISITS: "Too many visits. Exceeded the API Rate Limit.",
    Code.UNAUTHENTICATED: "User authentication failed.",
    Code.NO_SUCH_OP: "op type is not found",
    Code.REPEATED_AUTH: "Repeat auth",
    Code.DUPLICATE_REQUEST: "reqId is duplicated",
    Code.UNIFIED_ACCOUNT: "The API cannot be accessed by unified account users.",
    Code.NO_SUCH_ORDER: "order not exists or too late to cancel",
    Code.PRICE_OUT_OF_RANGE: "Order price exceeds the allowable range.",
    Code.INSUFFICIENT: "ab not enough for new order",
    Code.RISK_LIMIT: "Cannot set leverage due to risk limit level.",
    Code.REDUCE_ONLY: "orderQty will be truncated to zero",
    Code.TOO_MANY_STOPS: "The number of stop orders exceeds the maximum allowable limit 10",
    Code.TOO_MANY_PARTIAL: "Not allowed to have more than 20 TP/SLs under Partial tpSlMode",
    Code.NOT_MODIFIED: "not modified",
    Code.TOO_MANY_ORDERS: "Not allowed to have more than 500 active orders.",
    Code.POSITION_MODE_NOT_MODIFIED: "Position mode is not modified",
    Code.NO_HEDGE_MODE: "Hedge mode is not supported for this symbol.",
    Code.LEVERAGE_NOT_MODIFIED: "leverage not modified",
    Code.NOT_ABOVE_FILLED: (
        "The modified contract quantity cannot be less than or equal to the filled quantity."
    ),
    Code.DUPLICATE_LINK: "OrderLinkedID is duplicate",
    Code.POSITION_LIMIT: (
        "Order placement failed as your position may exceed the max limit. Please adjust your "
        "leverage to increase the max. position limit"
    ),
    Code.TICKS_OF_TOLERANCE: "Allowable range: 1 to 10000 tick size",
    Code.PERCENT_OF_TOLERANCE: "Allowable range: 0.01% to 10%",
    Code.RPI: "Order failed. RPI orders are restricted to approved market makers only",
    Code.MARGIN_MODE: "Set margin mode failed",
}


class Refusal(Exception):
    """A request that is not carried out. result: what is told with it."""

    def __init__(self, code: int, message: str, result: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.result = result or {}


class Forbidden(Exception):
    """An address that asked too often: HTTP 403 until its ban is over."""


def refused(code: Code) -> Refusal:
    """The refusal of a code in its usual words."""
    return Refusal(code, WORDS[code])


def wrong(what: str) -> Refusal:
    """10001: a parameter that is none."""
    return Refusal(Code.PARAMETER, what)


HOUSE: dict[Why, Code] = {
    Reject.REDUCE_ONLY: Code.REDUCE_ONLY,
    Reject.UNKNOWN: Code.NO_SUCH_ORDER,
    Reject.BAND: Code.PRICE_OUT_OF_RANGE,
    Reject.FULL: Code.TOO_MANY_ORDERS,
    Unpaid.INSUFFICIENT: Code.INSUFFICIENT,
    Unpaid.LEVERAGE: Code.POSITION_LIMIT,
}


def refusal(why: Why) -> Refusal:
    """What Bybit says to a refusal of the house."""
    code = HOUSE.get(why)
    if code is None:
        return wrong("The number of contracts exceeds maximum limit allowed")
    return refused(code)
