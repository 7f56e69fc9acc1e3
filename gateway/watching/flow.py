"""The flow as people watch it: each stage with what it takes and what it gives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from schemas import names


@dataclass(frozen=True)
class Stop:
    """A stage with its main input and output. standing: its cells are accounts, or symbols,
    and how far they have come is in their snapshots; of the others it is in their consumer group.
    """

    stage: str
    takes: str
    gives: str
    standing: bool = False


FLOW: tuple[Stop, ...] = (
    Stop("ticks", names.RAW, names.TICKS),
    Stop("signals", names.TICKS, names.SIGNALS),
    Stop("decisions", names.SIGNALS, names.DECISIONS),
    Stop("orders", names.DECISIONS, names.ORDERS, standing=True),
    Stop("executor", names.ORDERS, names.STATUSES, standing=True),
    Stop("portfolio", names.STATUSES, names.PORTFOLIO),
    Stop("control", names.COMMANDS, names.STATE, standing=True),
)
"""In the order of the flow: a stage has caught up when all before it have, and it has no lag.

Control comes last: what it takes is from people, not from the market.
"""

BOOKS = Stop("books", names.TICKS, names.BOOKS, standing=True)


ADVICE = Stop("advice", names.SIGNALS, names.ADVICE)


def flow_of(symbols: Collection[str], advised: bool = False) -> tuple[Stop, ...]:
    """The flow of a desk that consolidates the books of these symbols, and of one where advisors
    are asked beside the stream: with who does it.
    """
    more = (*((BOOKS,) if symbols else ()), *((ADVICE,) if advised else ()))
    return (*FLOW[:-1], *more, *FLOW[-1:])


COUNTED: tuple[str, ...] = (
    names.RAW, names.TICKS, names.BARS, names.BOOKS, names.SIGNALS, names.ADVICE, names.DECISIONS,
    names.ORDERS, names.JOURNAL, names.STATUSES, names.PORTFOLIO, names.COMMANDS, names.STATE,
    names.EVENTS, names.LETTERS,
)  # fmt: skip
"""Topics whose records are counted for people."""
