"""OKX's codes and words.

https://www.okx.com/docs-v5/en/#error-code
"""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Codes that are spoken."""

    BODY_EMPTY = 50000
    BAD_JSON = 50002
    TOO_FREQUENT = 50011
    EMPTY = 50014
    EITHER = 50015
    ORDER_RATE = 50061
    UNAVAILABLE = 50062
    EXPIRED_TIMESTAMP = 50102
    NO_KEY = 50103
    NO_PASSPHRASE = 50104
    BAD_PASSPHRASE = 50105
    NO_SIGN = 50106
    NO_TIMESTAMP = 50107
    BAD_KEY = 50111
    BAD_TIMESTAMP = 50112
    BAD_SIGN = 50113
    PARAMETER = 51000
    INSTRUMENT = 51001
    EITHER_ID = 51003
    TIER = 51004
    TOO_LARGE = 51005
    PRICE_LIMIT = 51006
    INSUFFICIENT = 51008
    ACCOUNT_MODE = 51010
    INSTRUMENT_TYPE = 51015
    DUPLICATED = 51016
    TOO_SMALL = 51020
    NO_POSITION = 51023
    ALGO_DUPLICATED = 51065
    ONE_CLOSES = 51088
    TOO_MANY_IN_BULK = 51111
    LOT = 51121
    TIMED_OUT = 51149
    PRECISION = 51150
    NOTHING_TO_REDUCE = 51169
    NO_PRICE = 51204
    ALGO_PRICE = 51250
    CALLBACK = 51257
    ACTIVE_SELL = 51258
    ACTIVE_BUY = 51259
    MOST_TRAILING = 51260
    MOST_STOPS = 51261
    TP_HIGH = 51277
    SL_LOW = 51278
    TP_LOW = 51279
    SL_HIGH = 51280
    MOST_TRIGGERS = 51299
    TP_HIGH_MARK = 51300
    SL_LOW_MARK = 51302
    TP_LOW_MARK = 51303
    SL_HIGH_MARK = 51304
    TP_HIGH_INDEX = 51305
    SL_LOW_INDEX = 51306
    TP_LOW_INDEX = 51307
    SL_HIGH_INDEX = 51308
    FRACTION_REDUCES = 51328
    FRACTION_MARKET = 51330
    NOT_CANCELLED = 51400
    TOO_MANY_CANCELLED = 51406
    NOTHING_AMENDED = 51500
    TOO_MANY_AMENDED = 51501
    NOT_AMENDED_MARGIN = 51502
    NOT_AMENDED = 51503
    ORDER_TYPE_FIXED = 51506
    NOT_AMENDED_POST_ONLY = 51511
    WHOLE_PRICE_FIXED = 51523
    WHOLE_SIZE_FIXED = 51524
    LEGS_FIXED = 51526
    NO_STOP = 51527
    NO_ORDER = 51603
    SETTING_FAILED = 59000
    LEVERAGE = 59102
    LOW_LEVERAGE = 59108
    WS_NO_KEY = 60001
    WS_NO_SIGN = 60002
    WS_NO_PASSPHRASE = 60003
    WS_TIMESTAMP = 60004
    WS_KEY = 60005
    WS_EXPIRED = 60006
    WS_SIGN = 60007
    WS_LOGIN_HERE = 60008
    WS_PLEASE = 60011
    WS_ILLEGAL = 60012
    WS_CHANNEL = 60018
    WS_PASSPHRASE = 60024
    WS_UNSUPPORTED = 60028
    WS_TIER = 60029
    WS_UNKNOWN_KEY = 60032
    WS_FEE_TIER = 64003


WORDS = {
    Code.BODY_EMPTY: "Body for POST request cannot be empty.",
    Code.BAD_JSON: "JSON syntax error",
    Code.TOO_FREQUENT: (
        "Rate limit reached. Please refer to API documentation and throttle requests accordingly."
    ),
    Code.EMPTY: "Parameter {0} cannot be empty.",
    Code.EITHER: "Either parameter {0} or {1} is required",
    Code.ORDER_RATE: "You've reached the maximum order rate limit for this account.",
    Code.UNAVAILABLE: "This feature is currently unavailable.",
    Code.EXPIRED_TIMESTAMP: "Timestamp request expired",
    Code.NO_KEY: 'Request header "OK-ACCESS-KEY" cannot be empty.',
    Code.NO_PASSPHRASE: 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.',
    Code.BAD_PASSPHRASE: 'Request header "OK-ACCESS-PASSPHRASE" incorrect.',
    Code.NO_SIGN: 'Request header "OK-ACCESS-SIGN" cannot be empty.',
    Code.NO_TIMESTAMP: 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.',
    Code.BAD_KEY: "Invalid OK-ACCESS-KEY",
    Code.BAD_TIMESTAMP: "Invalid OK-ACCESS-TIMESTAMP",
    Code.BAD_SIGN: "Invalid Sign",
    Code.PARAMETER: "Parameter {0} error",
    Code.INSTRUMENT: "Instrument ID, Instrument ID code, or Spread ID doesn't exist.",
    Code.EITHER_ID: "Either client order ID or order ID is required.",
    Code.TIER: "Order failed. The position at the current leverage exceeds its limit.",
    Code.TOO_LARGE: "Your order amount exceeds the max order amount.",
    Code.PRICE_LIMIT: (
        "Order price is not within the price limit (max buy price: {0} min sell price: {1})"
    ),
    Code.INSUFFICIENT: "Order failed. Insufficient {0} margin in account",
    Code.ACCOUNT_MODE: "Request unsupported under current account mode",
    Code.INSTRUMENT_TYPE: "Instrument ID doesn't match instrument type.",
    Code.DUPLICATED: "Client order ID already exists.",
    Code.TOO_SMALL: "Your order should meet or exceed the minimum order amount.",
    Code.NO_POSITION: "Position doesn't exist.",
    Code.ALGO_DUPLICATED: "algoClOrdId already exists.",
    Code.ONE_CLOSES: "You can only place 1 TP/SL order to close an entire position",
    Code.ALGO_PRICE: "Algo order price is out of the available range.",
    Code.CALLBACK: (
        "Trailing stop order callback rate error. The callback rate should be 0.1< x<=100%."
    ),
    Code.ACTIVE_SELL: (
        "Trailing stop order placement failed. The trigger price of a sell order must be higher "
        "than the last transaction price."
    ),
    Code.ACTIVE_BUY: (
        "Trailing stop order placement failed. The trigger price of a buy order must be lower "
        "than the last transaction price."
    ),
    Code.MOST_TRAILING: "Maximum of {0} pending trailing stop orders can be held at the same time.",
    Code.MOST_STOPS: "Each user can hold up to {0} pending stop orders at the same time.",
    Code.MOST_TRIGGERS: (
        "Order did not go through. You can hold a maximum of {0} orders of this type."
    ),
    **{
        code: f"{kind} trigger price cannot be {side} than the {source} price"
        for code, kind, side, source in (
            (Code.TP_HIGH, "TP", "higher", "last"),
            (Code.SL_LOW, "SL", "lower", "last"),
            (Code.TP_LOW, "TP", "lower", "last"),
            (Code.SL_HIGH, "SL", "higher", "last"),
            (Code.TP_HIGH_MARK, "TP", "higher", "mark"),
            (Code.SL_LOW_MARK, "SL", "lower", "mark"),
            (Code.TP_LOW_MARK, "TP", "lower", "mark"),
            (Code.SL_HIGH_MARK, "SL", "higher", "mark"),
            (Code.TP_HIGH_INDEX, "TP", "higher", "index"),
            (Code.SL_LOW_INDEX, "SL", "lower", "index"),
            (Code.TP_LOW_INDEX, "TP", "lower", "index"),
            (Code.SL_HIGH_INDEX, "SL", "higher", "index"),
        )
    },
    Code.FRACTION_REDUCES: "closeFraction is only available for reduceOnly orders",
    Code.FRACTION_MARKET: "closeFraction is only available for stop market orders",
    Code.TOO_MANY_IN_BULK: "Maximum {0} orders can be placed in bulk.",
    Code.LOT: "Order quantity must be a multiple of the lot size.",
    Code.TIMED_OUT: "Order timed out. Please try again.",
    Code.PRECISION: "The precision of the number of trades or the price exceeds the limit.",
    Code.NOTHING_TO_REDUCE: (
        "Order failed because you don't have any positions in this direction for this contract to "
        "reduce or close."
    ),
    Code.NO_PRICE: "The price for the limit order cannot be empty.",
    Code.NOT_CANCELLED: (
        "Order cancellation failed as the order has been filled, canceled or does not exist."
    ),
    Code.TOO_MANY_CANCELLED: "Canceled - order count exceeds the limit {0}.",
    Code.NOTHING_AMENDED: "You must enter a price, quantity, or TP/SL",
    Code.TOO_MANY_AMENDED: "Maximum {0} orders can be modified.",
    Code.NOT_AMENDED_MARGIN: "Order failed. Insufficient {0} margin in account",
    Code.NOT_AMENDED: "Your order has already been filled or canceled.",
    Code.ORDER_TYPE_FIXED: "Order modification unavailable for the order type.",
    Code.WHOLE_PRICE_FIXED: (
        "Unable to modify the order price of a stop order that closes an entire position. Please "
        "modify the trigger price instead."
    ),
    Code.WHOLE_SIZE_FIXED: (
        "Unable to modify the order quantity of a stop order that closes an entire position. "
        "Please modify the trigger price instead."
    ),
    Code.LEGS_FIXED: (
        "Order modification unsuccessful. Take profit/Stop loss conditions cannot be added to or "
        "removed from stop orders."
    ),
    Code.NO_STOP: "Order modification unsuccessful. The stop order does not exist.",
    Code.NOT_AMENDED_POST_ONLY: (
        "Modification failed as the order price did not meet the requirement for Post Only."
    ),
    Code.NO_ORDER: "Order does not exist",
    Code.SETTING_FAILED: (
        "Your settings failed as you have positions, bot or open orders for USDT contracts."
    ),
    Code.LEVERAGE: "Leverage exceeds the maximum limit. Please lower the leverage.",
    Code.LOW_LEVERAGE: "Your account leverage is too low. Please increase the leverage.",
    Code.WS_NO_KEY: '"OK-ACCESS-KEY" cannot be empty.',
    Code.WS_NO_SIGN: '"OK-ACCESS-SIGN" cannot be empty.',
    Code.WS_NO_PASSPHRASE: '"OK-ACCESS-PASSPHRASE" cannot be empty.',
    Code.WS_TIMESTAMP: "Invalid timestamp",
    Code.WS_KEY: "Invalid apiKey",
    Code.WS_EXPIRED: "Timestamp request expired",
    Code.WS_SIGN: "Invalid sign",
    Code.WS_LOGIN_HERE: "The current WebSocket endpoint does not support login.",
    Code.WS_PLEASE: "Please log in",
    Code.WS_ILLEGAL: "Illegal request: {0}",
    Code.WS_CHANNEL: (
        "Wrong URL or {0} doesn't exist. Please use the correct URL, channel and parameters "
        "referring to API document."
    ),
    Code.WS_PASSPHRASE: "Wrong passphrase",
    Code.WS_UNSUPPORTED: "The current operation is not supported by this URL.",
    Code.WS_TIER: "Only users who are VIP5 and above in trading fee tier may subscribe to {0}",
    Code.WS_UNKNOWN_KEY: "The API key doesn't exist.",
    Code.WS_FEE_TIER: "Your trading fee tier doesn't meet the requirement to access this channel",
}
