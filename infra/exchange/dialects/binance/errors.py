"""Refusals in Binance's codes and words.

https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
https://developers.binance.com/docs/binance-spot-api-docs/errors
"""

from __future__ import annotations

from enum import IntEnum

from engine.clearing.codes import Why as Unpaid
from engine.matching.codes import Why as Reject
from infra.exchange.house import Why


class Code(IntEnum):
    """Codes that are spoken."""

    UNKNOWN = -1000
    TOO_MANY_REQUESTS = -1003
    TIMEOUT = -1007
    TOO_MANY_ORDERS = -1015
    INVALID_TIMESTAMP = -1021
    INVALID_SIGNATURE = -1022
    ILLEGAL_CHARS = -1100
    MANDATORY_PARAM = -1102
    PARAM_EMPTY = -1105
    BAD_PRECISION = -1111
    TIF_NOT_REQUIRED = -1106
    INVALID_TIF = -1115
    INVALID_ORDER_TYPE = -1116
    INVALID_SIDE = -1117
    BAD_INTERVAL = -1120
    BAD_SYMBOL = -1121
    INVALID_LISTEN_KEY = -1125
    OPTIONAL_PARAMS_BAD_COMBO = -1128
    INVALID_PARAMETER = -1130
    BAD_RECV_WINDOW = -1131
    NEW_ORDER_REJECTED = -2010
    CANCEL_REJECTED = -2011
    NO_SUCH_ORDER = -2013
    BAD_API_KEY_FMT = -2014
    REJECTED_MBX_KEY = -2015
    MARGIN_NOT_SUFFICIENT = -2019
    CANCEL_REPLACE_PARTIALLY_FAILED = -2021
    WOULD_TRIGGER = -2021
    REDUCE_ONLY_REJECT = -2022
    CANCEL_REPLACE_FAILED = -2022
    MAX_LEVERAGE_RATIO = -2027
    INSUFFICIENT_BALANCE = -2018
    FILTER_FAILURE = -1013
    QTY_LESS_THAN_ZERO = -4003
    QTY_LESS_THAN_MIN_QTY = -4004
    QTY_GREATER_THAN_MAX_QTY = -4005
    PRICE_LESS_THAN_ZERO = -4006
    PRICE_LESS_THAN_MIN_PRICE = -4013
    PRICE_NOT_INCREASED_BY_TICK_SIZE = -4014
    INVALID_CL_ORD_ID_LEN = -4015
    PRICE_HIGHTER_THAN_MULTIPLIER_UP = -4016
    QTY_NOT_INCREASED_BY_STEP_SIZE = -4023
    PRICE_LOWER_THAN_MULTIPLIER_DOWN = -4024
    INVALID_LEVERAGE = -4028
    MAX_STOP_ORDER_EXCEEDED = -4045
    NO_NEED_TO_CHANGE_MARGIN_TYPE = -4046
    OPEN_ORDERS_KEEP_MARGIN_TYPE = -4047
    POSITION_KEEPS_MARGIN_TYPE = -4048
    NO_NEED_TO_CHANGE_POSITION_SIDE = -4059
    POSITION_SIDE_NOT_MATCH = -4061
    REDUCE_ONLY_CONFLICT = -4062
    INVALID_BATCH_PLACE_ORDER_SIZE = -4082
    DUPLICATED_CLIENT_ID = -4116
    STOP_ORDER_SWITCH_ALGO = -4120
    CLOSE_POSITION_EXISTS = -4130
    INVALID_ACTIVATION_PRICE = -4135
    QUANTITY_WITH_CLOSE_POSITION = -4137
    REDUCE_ONLY_WITH_CLOSE_POSITION = -4138
    MIN_NOTIONAL = -4164
    GTE_WITHOUT_POSITION = -4509
    FOK_ORDER_REJECT = -5021
    GTX_ORDER_REJECT = -5022
    SAME_ORDER = -5027


class Refusal(Exception):
    """A request that is not carried out. status: of the HTTP answer."""

    def __init__(
        self, code: int, message: str, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = int(code)
        self.message = message
        self.status = status
        self.headers = headers or {}

    def body(self) -> dict[str, object]:
        """The answer's JSON."""
        return {"code": self.code, "msg": self.message}


WORDS = {
    Code.INVALID_TIMESTAMP: "Timestamp for this request is outside of the recvWindow.",
    Code.INVALID_SIGNATURE: "Signature for this request is not valid.",
    Code.BAD_PRECISION: "Precision is over the maximum defined for this asset.",
    Code.INVALID_TIF: "Invalid timeInForce.",
    Code.INVALID_ORDER_TYPE: "Invalid orderType.",
    Code.INVALID_SIDE: "Invalid side.",
    Code.BAD_INTERVAL: "Invalid interval.",
    Code.BAD_SYMBOL: "Invalid symbol.",
    Code.INVALID_LISTEN_KEY: "This listenKey does not exist.",
    Code.CANCEL_REJECTED: "Unknown order sent.",
    Code.NO_SUCH_ORDER: "Order does not exist.",
    Code.BAD_API_KEY_FMT: "API-key format invalid.",
    Code.REJECTED_MBX_KEY: "Invalid API-key, IP, or permissions for action.",
    Code.MARGIN_NOT_SUFFICIENT: "Margin is insufficient.",
    Code.WOULD_TRIGGER: "Order would immediately trigger.",
    Code.REDUCE_ONLY_REJECT: "ReduceOnly Order is rejected.",
    Code.MAX_LEVERAGE_RATIO: "Exceeded the maximum allowable position at current leverage.",
    Code.QTY_LESS_THAN_ZERO: "Quantity less than or equal to zero.",
    Code.QTY_LESS_THAN_MIN_QTY: "Quantity less than minimum quantity.",
    Code.QTY_GREATER_THAN_MAX_QTY: "Quantity greater than max quantity.",
    Code.PRICE_LESS_THAN_ZERO: "Price less than or equal to zero.",
    Code.PRICE_LESS_THAN_MIN_PRICE: "Price less than min price.",
    Code.QTY_NOT_INCREASED_BY_STEP_SIZE: "Qty not increased by step size.",
    Code.PRICE_NOT_INCREASED_BY_TICK_SIZE: "Price not increased by tick size.",
    Code.INVALID_CL_ORD_ID_LEN: "Client order id length should be less than 36 chars.",
    Code.INVALID_LEVERAGE: "Leverage is not valid.",
    Code.NO_NEED_TO_CHANGE_MARGIN_TYPE: "No need to change margin type.",
    Code.OPEN_ORDERS_KEEP_MARGIN_TYPE: (
        "Margin type cannot be changed if there exists open orders."
    ),
    Code.POSITION_KEEPS_MARGIN_TYPE: "Margin type cannot be changed if there exists position.",
    Code.NO_NEED_TO_CHANGE_POSITION_SIDE: "No need to change position side.",
    Code.POSITION_SIDE_NOT_MATCH: "Order's position side does not match user's setting.",
    Code.INVALID_BATCH_PLACE_ORDER_SIZE: "Invalid number of batch orders.",
    Code.DUPLICATED_CLIENT_ID: "ClientOrderId is duplicated.",
    Code.STOP_ORDER_SWITCH_ALGO: (
        "Order type not supported for this endpoint. Please use the Algo Order API endpoints "
        "instead."
    ),
    Code.MAX_STOP_ORDER_EXCEEDED: "Reach max stop order limit.",
    Code.CLOSE_POSITION_EXISTS: (
        "An open stop or take profit order with GTE and closePosition in the direction is existing."
    ),
    Code.INVALID_ACTIVATION_PRICE: "Invalid activation price.",
    Code.QUANTITY_WITH_CLOSE_POSITION: ("Quantity must be zero with closePosition equals true."),
    Code.REDUCE_ONLY_WITH_CLOSE_POSITION: (
        "Reduce only must be true with closePosition equals true."
    ),
    Code.GTE_WITHOUT_POSITION: (
        "TIF GTE can only be used with open positions. Please ensure that positions are available."
    ),
    Code.FOK_ORDER_REJECT: (
        "Due to the order could not be filled immediately, the FOK order has been rejected. The "
        "order will not be recorded in the order history."
    ),
    Code.GTX_ORDER_REJECT: (
        "Due to the order could not be executed as maker, the Post Only order will be rejected. "
        "The order will not be recorded in the order history."
    ),
    Code.SAME_ORDER: "No need to modify the order.",
}


def refused(code: Code, status: int = 400) -> Refusal:
    """The refusal of a code in its usual words."""
    return Refusal(code, WORDS[code], status)


FUTURES = {
    Reject.WOULD_TAKE: Code.GTX_ORDER_REJECT,
    Reject.UNFILLED: Code.FOK_ORDER_REJECT,
    Reject.REDUCE_ONLY: Code.REDUCE_ONLY_REJECT,
    Reject.UNKNOWN: Code.CANCEL_REJECTED,
    Reject.BAND: Code.PRICE_LESS_THAN_MIN_PRICE,
    Reject.BAD: Code.QTY_GREATER_THAN_MAX_QTY,
    Unpaid.INSUFFICIENT: Code.MARGIN_NOT_SUFFICIENT,
    Unpaid.LEVERAGE: Code.MAX_LEVERAGE_RATIO,
    Unpaid.WIDE: Code.QTY_GREATER_THAN_MAX_QTY,
}


def futures_refusal(why: Why) -> Refusal:
    """What USD-M says to a refusal of the house."""
    code = FUTURES.get(why)
    if code is None:
        return Refusal(Code.NEW_ORDER_REJECTED, f"NEW_ORDER_REJECTED: {why.name}")
    return refused(code)


SPOT = {
    Reject.WOULD_TAKE: (Code.NEW_ORDER_REJECTED, "Order would immediately match and take."),
    Reject.UNKNOWN: (Code.CANCEL_REJECTED, WORDS[Code.CANCEL_REJECTED]),
    Reject.BAND: (Code.FILTER_FAILURE, "Filter failure: PRICE_FILTER"),
    Reject.BAD: (Code.FILTER_FAILURE, "Filter failure: LOT_SIZE"),
    Reject.FULL: (Code.FILTER_FAILURE, "Filter failure: EXCHANGE_MAX_NUM_ORDERS"),
    Unpaid.WIDE: (Code.FILTER_FAILURE, "Filter failure: LOT_SIZE"),
    Unpaid.INSUFFICIENT: (
        Code.NEW_ORDER_REJECTED,
        "Account has insufficient balance for requested action.",
    ),
}


def spot_refusal(why: Why) -> Refusal:
    """What spot says to a refusal of the house."""
    return Refusal(*SPOT.get(why, (Code.NEW_ORDER_REJECTED, f"NEW_ORDER_REJECTED: {why.name}")))
