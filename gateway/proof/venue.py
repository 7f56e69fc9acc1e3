"""What the simulated venue did with a paper account's orders, made again."""

from __future__ import annotations

from collections.abc import Iterator

from engine.execution import Execution, ExecutionStage
from engine.stage import Cell, Output
from gateway.proof.comparison import Different
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.ticks import Ticks


def executed(account: str, stage: ExecutionStage, source: Source) -> Iterator[Output]:
    """Journal and statuses of an account's published orders, each on the ticks that it rests on.

    Raises Different where those ticks are gone.
    """
    cell, markets = Cell.fresh(stage, account), Markets(source)
    for _, value in source.of_account(names.ORDERS, account):
        order = decode(OrderDecision, value)
        markets.follow(stage, cell.state, f"{order.venue}:{order.symbol}", order.tick)
        yield from cell.take(names.ORDERS, order)


class Markets:
    """The recorded ticks of each market, followed as far as an order rests on them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: dict[str, Iterator[tuple[int, bytes]]] = {}

    def follow(self, stage: ExecutionStage, state: Execution, key: str, upto: int) -> None:
        """Let the account's market pass up to and with the ticks record `upto`."""
        if key not in self._open:
            self._open[key] = iter(self._source.of(names.TICKS, key))
        while stage.position_of(state, key) < upto:
            _, value = next(self._open[key], (-1, b""))
            if not value:
                raise Different(f"{names.TICKS} {key} ends before seq {upto}")
            stage.follow(state, decode(Ticks, value))
