"""What is left of a liquidated position is closed against those who gained most (Binance's ADL).

https://www.binance.com/en/support/faq/360033525471: at the bankruptcy price, without a fee, by
profit and leverage. Here the rank is the unrealised result over the cost, times the leverage.
"""

from __future__ import annotations

from engine.clearing.layout import COST, RESULT, SAID_DELEVERAGED
from engine.clearing.settling import settle
from engine.clearing.tables import leverage_of, lots_of, number_of_book, row_of
from engine.matching.codes import BUY, SELL
from engine.matching.layout import ACCOUNTS
from engine.matching.memory import compiled, load
from engine.matching.telling import begin, finish


@compiled
def deleverage(state: int, book: int, account: int, price: int) -> None:
    """Close as much as can be against the position of the other side that ranks highest."""
    held, other = lots_of(state, book, account), highest_ranked(state, book, account)
    lots = min(abs(held), abs(lots_of(state, book, other)))
    side = SELL if held > 0 else BUY
    symbol = number_of_book(state, book)
    event = begin(state, SAID_DELEVERAGED | side << 16 | symbol << 32, 0, 0)
    finish(event, price, lots, account, other)
    signed = lots if side == BUY else -lots
    settle(state, book, account, signed, price, 0)
    settle(state, book, other, -signed, price, 0)


@compiled
def highest_ranked(state: int, book: int, account: int) -> int:
    """The account that is deleveraged first. All lots that are long are short too, so there is
    one."""
    long, best, most = lots_of(state, book, account) > 0, 0, 0.0
    for other in range(1, load(state, ACCOUNTS)):
        lots = lots_of(state, book, other)
        if lots != 0 and (lots > 0) != long:
            row = row_of(state, book, other)
            gain = float(load(state, row + RESULT)) * float(leverage_of(state, row))
            rank = gain / float(max(1, abs(load(state, row + COST))))
            if best == 0 or rank > most:
                best, most = other, rank
    return best
