"""What positions and orders are worth and need, in units of the settle asset."""

from __future__ import annotations

from engine.clearing.layout import (
    AMOUNT,
    BUYS,
    CAP,
    COST,
    GAIN,
    INVERSE,
    ISOLATED,
    LEVERAGE,
    MARK,
    MODE,
    MONEY,
    SELLS,
    TAKER,
    TIER,
    TIER_COUNT,
    TIER_LEVERAGE,
    TIER_RATE,
    TIERS,
    UNIT,
    USED,
)
from engine.clearing.money import rated_up
from engine.matching.codes import BUY, SELL
from engine.matching.layout import CONTRACT
from engine.matching.memory import compiled, inlined, load, quotient


@inlined
def value(state: int, book: int, price: int, lots: int) -> int:
    """What lots are worth at a price: of an inverse contract rounded down, for both sides."""
    if load(state, book + CONTRACT) == INVERSE:
        return quotient(lots * load(state, book + UNIT), price)
    return lots * load(state, book + UNIT) * price


@inlined
def sign(state: int, book: int, side: int) -> int:
    """Of what a trade of that side adds to the cost: 1 for a buy, of an inverse contract -1."""
    return 1 if (side == BUY) != (load(state, book + CONTRACT) == INVERSE) else -1


@inlined
def side_of_lots(lots: int) -> int:
    """The side that opened a position."""
    return BUY if lots > 0 else SELL


@inlined
def marked(state: int, book: int, lots: int) -> int:
    """Value of a position at the mark, signed as its cost is."""
    worth = value(state, book, load(state, book + MARK), abs(lots))
    return sign(state, book, side_of_lots(lots)) * worth


@inlined
def tier_of(state: int, book: int, notional: int) -> int:
    """Where the tier of a notional lies; beyond the last one's cap the last."""
    tier = load(state, book + TIERS)
    last = tier + TIER * (load(state, book + TIER_COUNT) - 1)
    while tier < last and notional > load(state, tier + CAP):
        tier += TIER
    return tier


@inlined
def maintenance(state: int, book: int, notional: int) -> int:
    """The margin below which a position is liquidated: notional * rate - amount, rounded up.

    https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
    """
    tier = tier_of(state, book, notional)
    return max(0, rated_up(notional, load(state, tier + TIER_RATE)) - load(state, tier + AMOUNT))


@compiled
def leverage_at(state: int, book: int, notional: int) -> int:
    """The highest leverage for a notional; 0 beyond the last tier."""
    tier = tier_of(state, book, notional)
    return load(state, tier + TIER_LEVERAGE) if notional <= load(state, tier + CAP) else 0


@inlined
def exposure(state: int, row: int, lots: int) -> int:
    """The larger of what a position would be long, and short, were all its orders filled."""
    cost = abs(load(state, row + COST))
    if lots <= 0:
        cost = -cost
    return max(cost + load(state, row + BUYS), load(state, row + SELLS) - cost)


@inlined
def needed(state: int, book: int, row: int, lots: int) -> int:
    """Initial margin at cost of a position and its orders, and the orders' fees; both rounded up.

    Of an isolated position that of its orders alone: its own margin has left the wallet.
    """
    bound, leverage = exposure(state, row, lots), load(state, row + LEVERAGE)
    if load(state, row + MODE) == ISOLATED:
        bound -= abs(load(state, row + COST))
    if leverage > 1:
        bound = quotient(bound + leverage - 1, leverage)
    orders = load(state, row + BUYS) + load(state, row + SELLS)
    if orders != 0:
        bound += rated_up(orders, load(state, book + TAKER))
    return bound


@inlined
def free(state: int, wallet: int) -> int:
    """What of a wallet nothing is needed for; gains count."""
    return load(state, wallet + MONEY) + load(state, wallet + GAIN) - load(state, wallet + USED)


@inlined
def withdrawable(state: int, wallet: int) -> int:
    """As free, without gains that are not realised."""
    return free(state, wallet) - max(0, load(state, wallet + GAIN))
