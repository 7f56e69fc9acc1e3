"""One trial: commands, deaths, faults and executions meanwhile, and the judgment."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from engine.matching.codes import BUY, SELL
from infra.exchange.faults import Fault
from schemas import names
from schemas.orders import OrderDecision
from tests.chaos.executor.commands import INSIDE, Script
from tests.chaos.executor.faults import UNKNOWN, drawn
from tests.chaos.executor.judge import Told, judge
from tests.chaos.executor.recording import Struck, watched
from tests.chaos.executor.spec import Spec
from tests.chaos.executor.watching import Watch, exceeded
from tests.chaos.executor.yard import Yard

FAULTY = 3
"""Sittings of a trial that may die and meet faults; one without either follows."""
MARKETS = {"BTCUSDT": "BTC/USDT:USDT", "ETHUSDT": "ETH/USDT:USDT"}
TWICE = ("taken", "produced", "journalled", "published", "fenced", "written", "answered")
"""Points of each command: the first, second or third time."""
AT_START = ("rebuilt", "reconciled", "listed", "looked", "published", "produced", "journalled")
"""Points of a start with orders that live."""
ASKED = (
    *("any", "any", "any"), *TWICE, "heard", "looked", "looked", "intended", "archived", "rebuilt",
    *("protected", "protected"),
)  # fmt: skip
"""What the first sitting dies at; "any": wherever it is after some steps."""
BURST = 26
"""Commands of one symbol, of which some wait for their turn."""


@dataclass
class Result:
    """How a trial went. deaths: where its processes were killed; armed: faults by kind; ends: how
    many commands came to which; seconds of wall time. bare: ms of each stretch of exchange time in
    which a position that wants a stop was not covered by one while executor and exchange were up;
    hindered: the same while a fault of the exchange was at work.
    unpublished: commands that the broker has acknowledged and that were never on trading.orders.
    """

    number: int
    seed: int
    commands: int = 0
    executions: int = 0
    seconds: float = 0.0
    deaths: list[str] = field(default_factory=list)
    armed: list[str] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    hindered: list[float] = field(default_factory=list)
    unpublished: int = 0


class Trial:
    """Trial `number` of a run; everything in it follows from the seed, but for time itself."""

    def __init__(
        self, yard: Yard, run: int, number: int, journal: bool = True, protects: bool = True
    ) -> None:
        seed = run * 1_000_003 + number
        self.yard, self.rng = yard, random.Random(seed)
        self.journal, self.protects = journal, protects
        self.result = Result(number, seed)
        self.account = f"t{run}x{number}{'' if journal else 'm'}{'' if protects else 'p'}"
        self.point = self.rng.choice(ASKED)
        self.calm = self.rng.choice((0.0, 4.0, 4.0, 4.0))
        self.archive = self.point == "archived" or self.rng.random() < 0.3

    async def held(self) -> Result:
        """Run it and judge it."""
        yard, result = self.yard, self.result
        yard.quote()
        account = yard.open(self.account)
        self.watch = Watch(yard.recorder, self.account)
        script = self._script()
        orders = await asyncio.to_thread(yard.mark, names.ORDERS, self.account)
        statuses = await asyncio.to_thread(yard.mark, names.STATUSES, self.account)
        await yard.publish(script)
        result.commands = len(script)
        spec = {"orders": orders, "statuses": statuses, "commands": len(script)}
        for n in range(FAULTY):
            if await self._sitting(spec, n) == 0:
                break
        if await self._sitting(spec, FAULTY) != 0:
            result.faults.append("end: it never came to one")
        told = await asyncio.to_thread(Told, yard.settings, self.account, statuses)
        result.faults += judge(yard.house, account, script, told)
        self._protected(told)
        result.executions, result.ends = len(account.fills), told.ends()
        if result.faults:
            told.keep(yard.settings.home / f"{self.account}.jsonl")
            self.watch.keep(yard.settings.home / f"{self.account}.exposure.jsonl")
        yard.withdraw(self.account, "maker")
        return result

    def _protected(self, told: Told) -> None:
        """How long positions were bare."""
        calm, hindered = self.watch.over(told.wanting)
        self.result.bare = [each.ms for each in calm]
        self.result.hindered = [each.ms for each in hindered]
        self.result.faults += exceeded(calm)

    def _script(self) -> list[OrderDecision]:
        script = Script(self.account, self.rng)
        if self.point == "intended":
            return script.burst(BURST)
        if self.point == "protected":
            script.protected()
        return script.write(self.rng.randint(4, 9))

    async def _sitting(self, spec: dict[str, Any], n: int) -> int:
        """One process; in the last one of a trial nothing goes wrong any more."""
        point, nth = self._death(n)
        meeting, struck = None, []
        if n < FAULTY:
            struck = self._arm()
            meeting = asyncio.create_task(self._meetings())
        told = self._spec(point=point, nth=nth, **spec)
        code, died = await self.yard.sit(told)
        self.watch.sat(told, struck)
        if meeting is not None:
            meeting.cancel()
            self._meet()
        if code == -9:
            self.result.deaths.append(died)
        elif code != 0:
            self.result.faults.append(f"end: a sitting ended with {code}")
        self.yard.running.exchange.troubles.disarm()
        return code

    def _spec(self, **more: Any) -> Spec:
        settings = self.yard.settings
        return Spec(
            account=self.account, address=self.yard.running.address, broker=settings.bootstrap,
            redis=settings.redis, prefix=settings.prefix, home=str(settings.home),
            archive=self.archive, calm=self.calm, journal=self.journal, protects=self.protects,
            patience=30.0 if self.protects else 1.6, **more,
        )  # fmt: skip

    def _death(self, n: int) -> tuple[str, int]:
        """Where a sitting dies, and at which time that it comes there; "" for nowhere."""
        if n == 0:
            most = {"any": 60, "protected": 2, "heard": 6, "looked": 2, "intended": 3}
            return self.point, self.rng.randint(
                1, most.get(self.point, 3 * (self.point in TWICE) or 1)
            )
        if n < FAULTY and self.rng.random() < 0.6:
            return self.rng.choice(AT_START), self.rng.choice((1, 1, 2))
        return "", 1

    def _arm(self) -> list[Struck]:
        troubles, struck = self.yard.running.exchange.troubles, []
        kinds = [drawn(self.rng) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        if self.point == "looked":
            kinds.append(dict(self.rng.choice(UNKNOWN)))
        for fault in kinds:
            self.result.armed.append(fault["kind"])
            troubles.arm(Fault.model_validate(fault))
            struck.append(watched(troubles.faults))
        return struck

    async def _meetings(self) -> None:
        """Executions while it works."""
        while True:
            await asyncio.sleep(self.rng.uniform(0.2, 1.0))
            self._meet()

    def _meet(self) -> None:
        """What rests first in line may be filled, whole or in part."""
        house = self.yard.house
        for order in list(house.keys[self.account].orders.values()):
            symbol = MARKETS.get(order.market.name, "")
            if not order.status.live or not symbol:
                continue
            first = order.market.price(order.price) == INSIDE[symbol]
            if first and self.rng.random() < 0.5:
                lots = self.rng.randint(1, order.open)
                side = SELL if order.buys else BUY
                self.yard.make(order.market.name, side, INSIDE[symbol], lots)
