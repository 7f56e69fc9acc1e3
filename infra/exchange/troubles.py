"""What is done to the venue: its clock, its connections, its rules; and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from infra.exchange.addresses import within
from infra.exchange.clock import Clock
from infra.exchange.faults import SECOND, TIME, Armed, Fault, Faults
from infra.exchange.house import House
from infra.exchange.listing import Market, Rules

TICK = 0.1
FOR_EVER = 1_000_000_000
Undo = Callable[[], None]


@dataclass(slots=True)
class Connections:
    """WebSocket connections that are open, to be cut as a network does: without a word."""

    open: dict[asyncio.Transport, str] = field(default_factory=dict)

    def cut(self, where: str) -> None:
        """Those to addresses that begin with that."""
        for transport in [each for each, path in self.open.items() if within(where, path)]:
            transport.abort()


@dataclass(slots=True)
class Troubles:
    """Does what faults of the venue are due, and undoes it."""

    clock: Clock
    faults: Faults
    houses: Sequence[House]
    connections: Connections = field(default_factory=Connections)
    _undo: list[tuple[int, Armed, Undo]] = field(default_factory=list)

    def arm(self, fault: Fault) -> None:
        """From now on; ValueError of a fault that cannot be."""
        if fault.kind == "filters":
            self._rules(fault)
        self.faults.arm(fault)

    def disarm(self) -> None:
        """All of them; what they did is undone."""
        for _, _, undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self.faults.armed.clear()

    def meet(self, method: str, path: str) -> None:
        """Do what is due when a request comes."""
        for armed in self.faults.due(method, path):
            undo = self._do(armed.fault)
            until = self.faults.source() + int((armed.fault.lasts or FOR_EVER) * SECOND)
            self._undo.extend([] if undo is None else [(until, armed, undo)])

    def tick(self) -> None:
        """Do what is due by time, undo what is over, cut what is under maintenance."""
        self.meet("", TIME)
        now = self.faults.source()
        for each in [each for each in reversed(self._undo) if each[0] <= now]:
            self._undo.remove(each)
            each[2]()
        for fault in self.faults.maintained():
            self.connections.cut(fault.where)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            self.tick()
            await asyncio.sleep(TICK)

    def _do(self, fault: Fault) -> Undo | None:
        if fault.kind == "disconnect":
            self.connections.cut(fault.streams)
            return None
        if fault.kind == "skew":
            return self._skew(fault.milliseconds * 1_000_000)
        market, rules = self._rules(fault)
        return ruled(market, rules)

    def _skew(self, ahead: int) -> Undo:
        self.clock.skew += ahead

        def undo() -> None:
            self.clock.skew -= ahead

        return undo

    def _rules(self, fault: Fault) -> tuple[Market, Rules]:
        house = next((each for each in self.houses if each.name == fault.house), None)
        market = house.listing.named(fault.market) if house is not None else None
        if market is None:
            raise ValueError(f'no market "{fault.market}" in a house "{fault.house}"')
        return market, market.ruled(fault.tick, fault.lot, fault.least, fault.notional)


def ruled(market: Market, rules: Rules) -> Undo:
    """Let other rules hold, until undone."""
    before = replace(market.rules)
    market.rule(rules)
    return lambda: market.rule(before)
