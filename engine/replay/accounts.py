"""The accounts of a desk on columns: what each acts upon, and what is counted in place of it."""

from __future__ import annotations

from collections.abc import Sequence

from engine.account import AccountState
from engine.executions import Execution
from engine.replay.calm import asked, calm, quiet
from engine.replay.poll import Quiet
from engine.replay.waiting import near
from engine.stage import Cell
from engine.strategies.bench import Bench
from schemas import names
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.record import Record, symbol_of


class Accounts:
    """Each account's cells of the orders stage and of the executor, in one order.

    near: symbols whose liquidation is near, of any account.
    """

    def __init__(
        self, orders: Sequence[Cell[AccountState]], executions: Sequence[Cell[Execution]]
    ) -> None:
        self.orders, self.executions = tuple(orders), tuple(executions)
        self.each = tuple(zip(orders, executions, strict=True))
        self._by_name = {cell.key: cell for cell in executions}
        self.near: set[str | None] = set()

    def quiet(self, key: str, benches: Sequence[Bench]) -> Quiet:
        """What no account acts upon in a market, of each strategy."""
        if len(self.orders) == 1:
            return tuple([quiet(self.orders[0], key, each.strategy.name) for each in benches])
        return tuple(
            [
                frozenset.intersection(
                    *[quiet(cell, key, bench.strategy.name) for cell in self.orders]
                )
                for bench in benches
            ]
        )

    def plain(self, key: str) -> bool:
        """Whether a hold on a market is all that accounts need to read their news with."""
        if symbol_of(key) in self.near:
            return False
        return not any([cell.state.awaiting or asked(cell, key) for cell in self.orders])

    def calm(self, decision: Decision) -> bool:
        """Whether every account holds, and its venue has nothing to tell by the way."""
        return all([calm(each, decision) and not at.state.happened for each, at in self.each])

    def idle(self, order: Record) -> bool:
        """Count an order that is held where the account's executor has nothing to tell with it."""
        if not isinstance(order, OrderDecision) or order.outcome != "held" or order.clock:
            return False
        executor = self._by_name[order.account]
        seen = executor.seen.get(names.ORDERS, {}).get(order.key, -1)
        if executor.state.happened or seen != order.seq - 1:
            return False
        executor.pass_over(order.key, 1)
        return True

    def hold(self, key: str, count: int) -> None:
        """Count decisions of a market that every account has answered with a held order."""
        for orders, executor in self.each:
            place = f"{orders.key}:{symbol_of(key)}"
            orders.pass_over(key, count, (names.ORDERS, place))
            executor.pass_over(place, count)

    def news(self) -> set[str]:
        """Topics of which an account has something to read."""
        self.near = near(self.orders)
        return {topic for cell in self.orders for topic in cell.unread}
