"""One trial: commands, deaths, faults and executions meanwhile, and the judgment."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from engine.matching.codes import BUY, SELL
from executor.live.points import POINTS
from infra.exchange.faults import Fault
from schemas import names
from tests.chaos.executor.commands import INSIDE, Script
from tests.chaos.executor.judge import Told, judge
from tests.chaos.executor.spec import Spec
from tests.chaos.executor.yard import Yard

MOST = 6
"""Sittings of a trial; the last ones are not killed."""
KILLED = 3
ORDER = "/fapi/v1/order"
EVERY: tuple[dict[str, Any], ...] = (
    {"kind": "unanswered", "path": ORDER, "method": "POST"},
    {"kind": "lost", "path": ORDER, "method": "POST"},
    {"kind": "refuse", "path": ORDER, "method": "POST", "status": 503, "code": -1000},
    {"kind": "refuse", "path": ORDER, "method": "POST", "status": 429, "code": -1003},
    {"kind": "slow", "path": ORDER, "method": "POST", "seconds": 1.5},
    {"kind": "unanswered", "path": ORDER, "method": "DELETE"},
    {"kind": "lost", "path": ORDER, "method": "DELETE"},
    {"kind": "unanswered", "path": ORDER, "method": "PUT"},
    {"kind": "lost", "path": ORDER, "method": "PUT"},
    {"kind": "lost", "path": ORDER, "method": "GET"},
    {"kind": "lost", "path": "/fapi/v1/userTrades", "method": "GET"},
    {"kind": "drop", "path": "events"},
    {"kind": "double", "path": "events"},
    {"kind": "reorder", "path": "events"},
    {"kind": "disconnect", "lasts": 0.0},
    {"kind": "maintenance", "path": "/fapi", "lasts": 0.5},
)
"""What may be armed: of requests, of user events and of the venue."""


@dataclass
class Result:
    """How a trial went. deaths: where its processes were killed."""

    number: int
    seed: int
    commands: int = 0
    executions: int = 0
    deaths: list[str] = field(default_factory=list)
    armed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Trial:
    """Trial `number` of a run; everything in it follows from the seed, but for time itself."""

    def __init__(self, yard: Yard, run: int, number: int, journal: bool = True) -> None:
        seed = run * 1_000_003 + number
        self.yard, self.rng, self.journal = yard, random.Random(seed), journal
        self.result = Result(number, seed)
        self.account = f"t{run}x{number}{'' if journal else 'm'}"

    async def held(self) -> Result:
        """Run it and judge it."""
        yard, result = self.yard, self.result
        account = yard.open(self.account)
        script = Script(self.account, self.rng).write(self.rng.randint(4, 9))
        orders = await asyncio.to_thread(yard.mark, names.ORDERS, self.account)
        statuses = await asyncio.to_thread(yard.mark, names.STATUSES, self.account)
        await yard.publish(script)
        result.commands = len(script)
        spec = {"orders": orders, "statuses": statuses, "commands": len(script)}
        for n in range(MOST):
            code = await self._sitting(spec, n)
            if code == 0:
                break
            if code not in (-9,):
                result.faults.append(f"a sitting ended with {code}")
        else:
            result.faults.append("it never came to an end")
        told = await asyncio.to_thread(Told, yard.settings, self.account, statuses)
        result.faults += judge(yard.house, account, script, told)
        result.executions = len(account.fills)
        self._withdraw()
        return result

    async def _sitting(self, spec: dict[str, Any], n: int) -> int:
        """One process; in the last ones of a trial nothing goes wrong any more."""
        point = self.rng.choice(POINTS) if n < KILLED and self.rng.random() < 0.9 else ""
        nth = self.rng.randint(1, 3)
        if n < KILLED:
            self._arm()
        else:
            self._disarm()
        settings = self.yard.settings
        code = await self.yard.sit(
            Spec(
                account=self.account, address=self.yard.running.address,
                broker=settings.bootstrap, redis=settings.redis, prefix=settings.prefix,
                home=str(settings.home), point=point, nth=nth, journal=self.journal, **spec,
            )
        )  # fmt: skip
        if code == -9:
            self.result.deaths.append(f"{point}/{nth}")
        self._meet()
        self._disarm()
        return code

    def _arm(self) -> None:
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            fault = self.rng.choice(EVERY)
            self.result.armed.append(fault["kind"])
            self.yard.running.exchange.troubles.arm(
                Fault.model_validate({**fault, "skip": self.rng.randint(0, 2)})
            )

    def _disarm(self) -> None:
        self.yard.running.exchange.troubles.disarm()

    def _meet(self) -> None:
        """While nobody looks, what rests first in line may be filled."""
        for name, symbol in (("BTCUSDT", "BTC/USDT:USDT"), ("ETHUSDT", "ETH/USDT:USDT")):
            market = next(each for each in self.yard.house.listing.markets if each.name == name)
            for order in list(self.yard.house.keys[self.account].orders.values()):
                mine = order.market is market and order.status.live
                if mine and market.price(order.price) == INSIDE[symbol] and self.rng.random() < 0.7:
                    lots = self.rng.randint(1, order.open)
                    self.yard.make(name, SELL if order.buys else BUY, INSIDE[symbol], lots)

    def _withdraw(self) -> None:
        """Nothing of this trial meets the next one."""
        for key in (self.account, "maker"):
            account = self.yard.house.keys[key]
            for order in list(account.orders.values()):
                if order.status.live:
                    self.yard.house.cancel(order)
        self.yard.quote()
