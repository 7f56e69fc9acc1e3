"""Money is conserved: what an account loses, somebody has got, to the last digit.

With all costs on, for any orders in any market, in the money that the contract settles in:

    -(realised + unrealised - fees - funding) = F + P + G

F  what the venue has got: fees, less rebates, with the clearance of liquidations
P  what the other holders have got: funding
G  what the other side of the fills has won: its cash, and what it holds at the same mark, the fund
   that took a liquidated position over included

The left side is the portfolio's, from published statuses, in Decimals; the right side is kept here,
in fractions, from what the venue said as it happened. F is also reckoned anew from the schedule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.execution import Execution, ExecutionSettings, ExecutionStage
from engine.spans import DAY
from engine.venue.events import Created, Event, Filled, Funded
from schemas.instruments import Kind
from schemas.orders import Contract, OrderType, TimeInForce
from schemas.ticks import BookState, Ticks
from tests.recorded import long
from tests.unit.costly import Costly
from tests.unit.market_tape import funding, trade, whole
from tests.unit.trading import BTC

LINEAR = Contract(size="0.1", leverage="20", maintenance="0.01")
INVERSE = Contract(kind=Kind.INVERSE, size="100", leverage="10", maintenance="0.005")
CLEARANCE = Fraction(1, 100)
TIERS = (
    {"maker": "0.0002", "taker": "0.0005"},
    {"volume": "50", "maker": "-0.0001", "taker": "0.0004"},
    {"volume": "300", "maker": "-0.00015", "taker": "0.0002"},
)
COSTS: dict[str, Any] = {
    "margin": {"name": "isolated", "clearance": "0.01"},
    "fees": {"name": "tiered", "linear": TIERS, "inverse": TIERS},
    "trigger": "mid",
}
QUEUES = ("risk_averse", "prob_log", {"name": "prob_power", "power": 2})
IMPACTS = (
    None,
    {"name": "square_root", "volatility": "0.02", "volume": "500"},
    {"name": "almgren_chriss", "volume": "500", "temporary": "0.3", "permanent": "0.6"},
)
SCHEDULES: tuple[Any, ...] = (
    None, {"rates": {BTC: [[25, "0.003"], [26, "-0.001"], [111, "0.0007"], [9 * DAY, "0.002"]]}},
)  # fmt: skip
LATENCIES = (
    {"nanoseconds": 0}, {"name": "lognormal", "median": 8, "p99": 40},
    {"name": "empirical", "values": [0, 3, 25]},
)  # fmt: skip


class Step(NamedTuple):
    """What happens: an order or a change of the market around a price, sizes in tenths."""

    kind: str
    side: str
    ticks: int
    size: int
    also: bool


kinds = st.sampled_from((
    "market", "market", "limit", "limit", "stop", "protect", "cancel", "book", "book", "book",
    "trade", "trade", "funding", "crash", "night", "lost",
))  # fmt: skip
steps = st.builds(
    Step, kinds, st.sampled_from(("buy", "sell")), st.integers(-4, 4), st.integers(1, 60),
    st.booleans(),
)  # fmt: skip
scripts = st.lists(steps, min_size=5, max_size=30)
chosen = st.fixed_dictionaries({
    "queue": st.sampled_from(QUEUES), "impact": st.sampled_from(IMPACTS),
    "latency": st.sampled_from(LATENCIES), "feed": st.sampled_from(LATENCIES),
    "liquidity": st.sampled_from(("consumed", "displayed")),
    "funding": st.sampled_from(SCHEDULES),
})  # fmt: skip


@dataclass
class World:
    """The other side of an account, in fractions of settle money."""

    contract: Contract
    cash: Fraction = Fraction(0)
    held: Fraction = Fraction(0)
    venue: Fraction = Fraction(0)
    schedule: Fraction = Fraction(0)
    holders: Fraction = Fraction(0)
    days: dict[int, Fraction] = field(default_factory=dict)
    sides: dict[str, int] = field(default_factory=dict)
    liquidated: set[str] = field(default_factory=set)

    def worth(self, price: Fraction, quantity: Fraction) -> Fraction:
        """By the definition of each kind of contract."""
        size = Fraction(self.contract.size)
        if self.contract.kind is Kind.LINEAR:
            return price * quantity * size
        return Fraction(round(-quantity * size / price * 10**18), 10**18)

    def take(self, event: Event) -> None:
        """The other side of what the venue said."""
        if isinstance(event, Created):
            self.sides[event.order_id] = event.order.sign
            if event.order.role is None:
                self.liquidated.add(event.order_id)
        elif isinstance(event, Funded):
            self.holders += Fraction(event.amount)
        elif isinstance(event, Filled):
            price, quantity = Fraction(event.price, 10**20), Fraction(event.quantity, 10**18)
            signed = quantity * self.sides[event.order_id]
            self.cash += self.worth(price, signed)
            self.held -= signed
            self.venue += Fraction(event.fee)
            self.schedule += self.fee(event, price, quantity)

    def fee(self, event: Filled, price: Fraction, quantity: Fraction) -> Fraction:
        """By the schedule, from the beginning."""
        today, size = event.at // DAY, Fraction(self.contract.size)
        traded = sum(
            (worth for day, worth in self.days.items() if today - 30 <= day < today), Fraction(0)
        )
        tier = [one for one in TIERS if Fraction(one.get("volume", 0)) <= traded][-1]
        linear = self.contract.kind is Kind.LINEAR
        notional = quantity * size * (price if linear else 1)
        self.days[today] = self.days.get(today, Fraction(0)) + notional
        rate = Fraction(tier[event.liquidity])
        rate += CLEARANCE if event.order_id in self.liquidated else 0
        return rate * abs(self.worth(price, quantity))

    def won(self, mark: str | None) -> Fraction:
        """G: cash, and what is held at a mark."""
        return self.cash + (self.worth(Fraction(mark), self.held) if mark else 0)


class Listening(ExecutionStage):
    """Tells the world what the venue says."""

    world: World

    def _heard(self, state: Execution, ticks: Ticks, news: Sequence[Event]) -> None:
        for event in news:
            self.world.take(event)
        super()._heard(state, ticks, news)


class Desk(Costly):
    """An account and its world; the price is 100 and moves by steps of 1."""

    def __init__(self, contract: Contract, **given: Any) -> None:
        self.world, self.contract, self.price, self.count = World(contract), contract, 100, 0
        super().__init__(equity="100000", **COSTS, **given)
        self.passes(self.book(30))

    def staged(self, settings: ExecutionSettings) -> ExecutionStage:
        stage = Listening(settings)
        stage.world = self.world
        return stage

    def book(self, size: int) -> Any:
        """Two levels to each side of the price."""
        sizes = f"{size / 10:.1f}", f"{size / 5:.1f}"
        bids = tuple((str(self.price - n), sizes[n - 1]) for n in (1, 2))
        return whole(bids, tuple((str(self.price + n), sizes[n - 1]) for n in (1, 2)))

    def order(self, step: Step, **fields: Any) -> None:
        """An order; one against the position reduces."""
        self.count += 1
        name, sign = f"tl{self.count}", 1 if step.side == "buy" else -1
        self.world.sides[name] = sign
        fields["reduce_only"] = self.market.position * sign < 0
        size = f"{step.size / 10:.1f}"
        self.sends(name, step.side, size, contract=self.contract, strategy="any", **fields)

    def does(self, step: Step) -> None:
        """One step, and a record after it."""
        at = str(self.price + step.ticks)
        match step.kind:
            case "market":
                self.order(step)
            case "limit":
                force = TimeInForce.GTC
                self.order(step, type=OrderType.LIMIT, price=at, time_in_force=force,
                           post_only=step.also)  # fmt: skip
            case "stop":
                self.order(step, type=OrderType.STOP, trigger=at)
            case "protect" | "cancel":
                self.count += 1
                kind = "buy" if self.market.position < 0 else "sell"
                near = {"stop": at} if step.also else {"target": at}
                fields = near if step.kind == "protect" else {}
                self.sends(f"tl{self.count}", kind, "1", action=step.kind,
                           contract=self.contract, **fields)  # fmt: skip
        self.moves(step, at)

    def moves(self, step: Step, at: str) -> None:
        """The record."""
        size = f"{step.size / 10:.1f}"
        match step.kind:
            case "book":
                self.price = max(10, self.price + step.ticks * (3 if step.also else 1))
                self.passes(self.book(step.size))
            case "trade":
                self.passes(trade(at, size, step.side))
            case "funding":
                rate = f"{step.ticks / 1000:.3f}"
                self.passes(funding(str(self.price), rate, self.now + 10 + step.size))
            case "lost":
                self.passes(book=BookState.GAPPED)
            case _:
                self.now += DAY * 7 if step.kind == "night" else 0
                self.passes(restart=step.kind == "crash")


def played(contract: Contract, script: list[Step], **given: Any) -> Desk:
    desk = Desk(contract, **given)
    for step in script:
        desk.does(step)
    desk.passes(desk.book(30))
    return desk


@pytest.mark.parametrize("contract", [LINEAR, INVERSE], ids=["linear", "inverse"])
@given(script=scripts, given_=chosen)
@settings(max_examples=long(60, 20), deadline=None)
def test_what_an_account_loses_somebody_has_got(
    contract: Contract, script: list[Step], given_: dict[str, Any]
) -> None:
    desk = played(contract, script, **given_)
    told, world = desk.position, desk.world
    kept = Fraction(told.realised) + Fraction(told.unrealised)
    kept -= Fraction(told.fees) + Fraction(told.funding)
    assert -kept == world.venue + world.holders + world.won(told.mark)
    assert world.venue == world.schedule == Fraction(told.fees)
    assert Fraction(told.quantity) == -world.held == Fraction(desk.market.position, 10**18)
    if contract is LINEAR:
        assert Fraction(desk.equity) == 100000 + kept


def test_the_scripts_reach_every_cost() -> None:
    """A fixed one: fills of makers and takers, a tier, a rebate, funding and a liquidation."""
    calm = Step("book", "buy", 0, 60, False)
    script = [
        Step("limit", "buy", 0, 30, True), Step("trade", "sell", 0, 20, False),
        Step("trade", "sell", 0, 30, False), Step("night", "buy", 0, 1, False),
        Step("market", "buy", 0, 30, False), Step("funding", "buy", 3, 1, False), calm,
        Step("night", "buy", 0, 1, False), calm,
        Step("limit", "sell", 0, 10, True), Step("trade", "buy", 0, 10, False),
        Step("funding", "buy", 1, 60, False), *[Step("book", "sell", -4, 50, True)] * 3,
        Step("funding", "buy", 0, 60, False), calm,
    ]  # fmt: skip
    desk = played(LINEAR, script)
    fills = [one for one in desk.statuses if one.type == "fill"]
    assert {one.liquidity for one in fills} == {"maker", "taker"}
    assert any(Fraction(one.fee or 0) < 0 for one in fills)
    assert desk.world.holders > 0
    assert desk.world.liquidated
    assert desk.position.quantity == "0"
