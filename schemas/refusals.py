"""Why something was not done: one enum for every stage."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A refusal's reason. Names are stable: they are on the wire."""

    NO_BOOK = "no_book"
    STALE_BOOK = "stale_book"
    GAPPED_BOOK = "gapped_book"
    CROSSED_BOOK = "crossed_book"
    WARMING_UP = "warming_up"
    WEAK_SIGNAL = "weak_signal"
    LOW_CONFIDENCE = "low_confidence"
    NO_INSTRUMENT = "no_instrument"
    NO_EQUITY = "no_equity"
    STOP_REVERSED = "stop_reversed"
    BELOW_LOT = "below_lot"
    BELOW_MINIMUM_NOTIONAL = "below_minimum_notional"
    SYMBOL_CAP = "symbol_cap"
    TOO_MANY_POSITIONS = "too_many_positions"
    LEVERAGE_CAP = "leverage_cap"
    ORDER_PENDING = "order_pending"
    ALREADY_IN_POSITION = "already_in_position"
    POSITION_CHANGED = "position_changed"
    NOT_TRADING = "not_trading"
    HALTED = "halted"
    EXPIRED = "expired"
    NO_LIQUIDITY = "no_liquidity"
    DUPLICATE = "duplicate"
    UNSUPPORTED = "unsupported"
