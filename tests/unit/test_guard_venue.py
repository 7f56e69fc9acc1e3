"""A guarded venue: reads again, sends once, a circuit that opens, and what lessens risk passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from engine.circuit import COOL, LIMIT, Circuit
from executor.guard.breaker import CircuitOpen
from executor.guard.venue import EARLY, PROBE, GuardedVenue
from executor.venues.venue import (
    Abilities,
    Category,
    Change,
    Connected,
    Order,
    Told,
    Venue,
    VenueError,
    VenueOrder,
)
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason

BTC = "BTC/USDT:USDT"
ABLE = Abilities(
    frozenset(OrderType), frozenset(TimeInForce), True, True, True, True, True, True, None, 0
)


def order(reduce_only: bool = False) -> Order:
    return Order(
        "tlx", BTC, "buy", OrderType.LIMIT, TimeInForce.GTC, "1", "9", reduce_only=reduce_only
    )


def resting(reduce_only: bool = False) -> VenueOrder:
    return VenueOrder(
        "tlx", "1", BTC, "open", "buy", OrderType.LIMIT, "1", "0", reduce_only=reduce_only
    )


class Inside:
    """Does what it is told to: raises `ill` as long as that is set."""

    exchange = "okx"
    able = ABLE

    def __init__(self) -> None:
        self.ill: BaseException | None = None
        self.calls: list[str] = []
        self.verdicts: list[VenueError | None] = []

    async def _call(self, name: str, gives: Any = None) -> Any:
        self.calls.append(name)
        await asyncio.sleep(0)
        if self.ill is not None:
            raise self.ill
        return gives

    async def open(self) -> None:
        await self._call("open")

    async def close(self) -> None:
        await self._call("close")

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        await self._call("prepare")

    def steps(self, symbol: str) -> tuple[str, str]:
        return "0.001", "0.1"

    def size(self, symbol: str) -> str:
        return "1"

    async def place(self, order: Order) -> VenueOrder:
        return await self._call("place", resting())  # type: ignore[no-any-return]

    async def amend(self, change: Change) -> VenueOrder:
        return await self._call("amend", resting())  # type: ignore[no-any-return]

    async def cancel(self, orders: Sequence[VenueOrder]) -> Sequence[VenueError | None]:
        return await self._call("cancel", self.verdicts or [None for _ in orders])  # type: ignore[no-any-return]

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        return await self._call("find")  # type: ignore[no-any-return]

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        return await self._call("open_orders", [])  # type: ignore[no-any-return]

    async def fills(self, symbol: str, since: int) -> list[Any]:
        return await self._call("fills", [])  # type: ignore[no-any-return]

    async def positions(self) -> list[Any]:
        return await self._call("positions", [])  # type: ignore[no-any-return]

    async def balances(self) -> list[Any]:
        return await self._call("balances", [])  # type: ignore[no-any-return]

    async def clock(self) -> int:
        return await self._call("clock", 5)  # type: ignore[no-any-return]

    async def told(self) -> AsyncIterator[Told]:
        yield Connected(1)


class Bench:
    """A guarded venue on a clock of its own."""

    def __init__(self) -> None:
        self.now = 0
        self.inside = Inside()
        self.told: list[tuple[str, dict[str, str]]] = []
        self.guarded = GuardedVenue(self.inside, lambda: self.now, self._tell, sleep=self._sleep)

    def _tell(self, severity: object, kind: str, text: str, facts: dict[str, str]) -> None:
        self.told.append((kind, facts))

    async def _sleep(self, seconds: float) -> None:
        """Pauses of retries are over at once, all others when the clock gets there."""
        until = self.now + int(seconds * 1e9)
        while seconds >= PROBE and self.now < until:
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def circuit(self) -> str:
        return self.guarded.breaker.state.value

    async def turns(self, count: int = 20) -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    async def opened(self) -> None:
        """The venue is ill, and the circuit open."""
        self.inside.ill = VenueError(Category.NETWORK, "away", unknown=True)
        for _ in range(LIMIT):
            with pytest.raises(VenueError):
                await self.guarded.place(order())
        assert self.guarded.breaker.state is Circuit.OPEN
        await self.turns()
        self.inside.calls.clear()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.inside.ill = None
    await bench.guarded.close()


def every(guarded: Venue) -> dict[str, Any]:
    """Each call of the protocol."""
    return {
        "open": guarded.open,
        "prepare": lambda: guarded.prepare(BTC, "3", None),
        "place": lambda: guarded.place(order()),
        "amend": lambda: guarded.amend(Change("tly", resting())),
        "cancel": lambda: guarded.cancel([resting()]),
        "find": lambda: guarded.find(BTC, "tlx"),
        "open_orders": lambda: guarded.open_orders(BTC),
        "fills": lambda: guarded.fills(BTC, 0),
        "positions": guarded.positions,
        "balances": guarded.balances,
        "clock": guarded.clock,
    }


CALLS = sorted(every(Inside()))
SENDS = ("prepare", "place", "amend", "cancel")


@pytest.mark.parametrize("name", CALLS)
async def test_each_call_is_the_venues(bench: Bench, name: str) -> None:
    given = await every(bench.guarded)[name]()
    assert bench.inside.calls == [name]
    assert given == await every(bench.inside)[name]()


@pytest.mark.parametrize("name", CALLS)
async def test_a_send_is_made_once_and_a_read_again(bench: Bench, name: str) -> None:
    bench.inside.ill = VenueError(Category.NETWORK, "away")
    with pytest.raises(VenueError, match="away"):
        await every(bench.guarded)[name]()
    assert len(bench.inside.calls) == (1 if name in SENDS else 4)
    assert len(bench.guarded.errors) == len(bench.inside.calls)
    (last,) = bench.guarded.errors.last(1)
    assert (last.call, last.venue) == (name, "okx")


async def test_what_is_prepared_is_not_sent_again(bench: Bench) -> None:
    bench.inside.ill = VenueError(Category.NETWORK, "away")
    with pytest.raises(VenueError):
        await bench.guarded.prepare(BTC, "3", None)
    bench.inside.ill = None
    for leverage in ("3", "3", "4", "4"):
        await bench.guarded.prepare(BTC, leverage, None)
    assert bench.inside.calls == ["prepare"] * 3  # the one that failed, and each that is new


async def test_the_stream_and_the_abilities_pass(bench: Bench) -> None:
    assert [one async for one in bench.guarded.told()] == [Connected(1)]
    assert bench.guarded.able is ABLE
    assert bench.guarded.exchange == "okx"


async def test_an_open_circuit_refuses_unsent_what_could_add_risk(bench: Bench) -> None:
    await bench.opened()
    for name in ("place", "amend", "prepare", "find", "positions"):
        with pytest.raises(CircuitOpen) as raised:
            await every(bench.guarded)[name]()
        error = raised.value
        assert (error.sent, error.unknown, error.reason) == (False, False, Reason.VENUE_AWAY)
    assert bench.inside.calls == []
    assert len(bench.guarded.errors) == LIMIT  # what was not asked is no error of the venue's


async def test_what_lessens_risk_passes_an_open_circuit_and_closes_it(bench: Bench) -> None:
    await bench.opened()
    for lessens in (
        lambda: bench.guarded.cancel([resting()]),
        lambda: bench.guarded.place(order(reduce_only=True)),
        lambda: bench.guarded.amend(Change("tly", resting(reduce_only=True))),
    ):
        with pytest.raises(VenueError, match="away"):
            await lessens()
    assert bench.inside.calls == ["cancel", "place", "amend"]
    bench.inside.ill = None
    await bench.guarded.cancel([resting()])
    assert bench.guarded.breaker.state is Circuit.CLOSED
    await bench.guarded.place(order())


async def test_after_a_minute_one_call_tries_it(bench: Bench) -> None:
    await bench.opened()
    bench.now += COOL
    bench.inside.ill = None
    tried = asyncio.create_task(bench.guarded.place(order()))
    await asyncio.sleep(0)
    with pytest.raises(CircuitOpen):
        await bench.guarded.place(order())
    await tried
    await bench.guarded.place(order())
    states = [facts["after"] for kind, facts in bench.told if kind == "circuit"]
    assert states == ["open", "trial", "closed"]


async def test_a_probe_finds_a_venue_that_is_back_within_seconds(bench: Bench) -> None:
    await bench.opened()
    for _ in range(3):
        bench.now += int(PROBE * 1e9)
        await bench.turns()
    assert bench.inside.calls == ["clock"] * 3
    with pytest.raises(CircuitOpen):
        await bench.guarded.place(order())
    bench.inside.ill = None
    bench.now += int(PROBE * 1e9)
    await bench.turns()
    await bench.guarded.place(order())
    assert bench.guarded.breaker.state is Circuit.CLOSED
    assert bench.now < 10e9


async def test_a_second_opening_is_probed_too(bench: Bench) -> None:
    await bench.opened()
    bench.inside.ill = None
    await bench.guarded.cancel([resting()])
    bench.now += int(PROBE * 1e9)
    await bench.turns()
    await bench.opened()
    bench.now += int(PROBE * 1e9)
    await bench.turns()
    assert bench.inside.calls == ["clock"]


@pytest.mark.parametrize(
    ("category", "opens"),
    [(each, each in (Category.NETWORK, Category.EXCHANGE)) for each in Category],
)
async def test_only_illness_opens_it(bench: Bench, category: Category, opens: bool) -> None:
    bench.inside.ill = VenueError(category, "no")
    for _ in range(LIMIT):
        with pytest.raises(VenueError):
            await bench.guarded.place(order())
    assert (bench.guarded.breaker.state is Circuit.OPEN) == opens


async def test_a_cancelled_trial_leaves_it_to_the_next(bench: Bench) -> None:
    await bench.opened()
    bench.now += COOL
    tried = asyncio.create_task(bench.guarded.place(order()))
    await asyncio.sleep(0)
    tried.cancel()
    await asyncio.gather(tried, return_exceptions=True)
    bench.inside.ill = None
    await bench.guarded.place(order())
    assert bench.guarded.breaker.state is Circuit.CLOSED


class Purse:
    """A budget that notes what is asked of it, and refuses what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bool]] = []
        self.waits: list[float | None] = []
        self.refuses: VenueError | None = None
        self.closed = False

    async def take(self, call: str, symbol: str, *, lessens: bool = False, times: int = 1) -> None:
        self.taken.append((call, symbol, lessens))
        self.times = times
        if self.refuses is not None:
            raise self.refuses

    def limited(self, wait: float | None) -> None:
        self.waits.append(wait)

    async def close(self) -> None:
        self.closed = True


async def test_every_call_takes_from_the_budget_first(bench: Bench) -> None:
    bench.guarded.budget = purse = Purse()
    calls = every(bench.guarded)
    for call in calls.values():
        await call()
    await bench.guarded.place(order(reduce_only=True))
    named = {call: (symbol, lessens) for call, symbol, lessens in purse.taken[:-1]}
    assert list(named) == list(calls)
    assert {call for call, (_, lessens) in named.items() if lessens} == {"cancel"}
    assert named["place"] == (BTC, False)
    assert purse.taken[-1] == ("place", BTC, True)
    await bench.guarded.close()
    assert purse.closed


async def test_cancels_of_several_cost_as_many(bench: Bench) -> None:
    bench.guarded.budget = purse = Purse()
    await bench.guarded.cancel([resting(), resting(), resting()])
    assert purse.times == 3


async def test_what_is_said_to_each_order_counts(bench: Bench) -> None:
    """Cancels tell their errors one an order, and raise none."""
    bench.guarded.budget = purse = Purse()
    ill = VenueError(Category.NETWORK, "away", unknown=True)
    bench.inside.verdicts = [ill] * LIMIT
    assert await bench.guarded.cancel([resting()] * LIMIT) == [ill] * LIMIT
    assert bench.circuit() == "open"
    assert len(bench.guarded.errors) == LIMIT
    await bench.guarded.cancel([resting()] * LIMIT)
    assert bench.circuit() == "open"
    bench.inside.verdicts = [VenueError(Category.INVALID_ORDER, "gone")]
    await bench.guarded.cancel([resting()])
    assert bench.circuit() == "closed"
    bench.inside.verdicts = [VenueError(Category.RATE_LIMIT, "429", wait=2.0), None]
    await bench.guarded.cancel([resting()] * 2)
    assert purse.waits == [2.0]


async def test_what_the_budget_refuses_is_not_sent_and_no_illness(bench: Bench) -> None:
    bench.guarded.budget = purse = Purse()
    purse.refuses = VenueError(Category.RATE_LIMIT, "nothing left", sent=False, wait=3.0)
    for _ in range(LIMIT):
        with pytest.raises(VenueError, match="nothing left"):
            await bench.guarded.place(order())
    assert (bench.inside.calls, purse.waits) == ([], [])
    assert bench.guarded.breaker.state is Circuit.CLOSED


async def test_what_an_order_costs_is_asked_for_once_while_it_is_journalled(bench: Bench) -> None:
    bench.guarded.budget = purse = Purse()
    bench.guarded.expect("tlx", BTC, True)
    await asyncio.sleep(0)
    assert purse.taken == [("place", BTC, True)]
    await bench.guarded.place(order(reduce_only=True))
    assert (purse.taken, bench.inside.calls) == ([("place", BTC, True)], ["place"])
    await bench.guarded.place(order())
    assert purse.taken[1:] == [("place", BTC, False)]


async def test_what_was_refused_early_is_not_sent(bench: Bench) -> None:
    bench.guarded.budget = purse = Purse()
    purse.refuses = VenueError(Category.RATE_LIMIT, "nothing left", sent=False, wait=3.0)
    bench.guarded.expect("tlx", BTC, False)
    await asyncio.sleep(0)
    purse.refuses = None
    with pytest.raises(VenueError, match="nothing left"):
        await bench.guarded.place(order())
    assert bench.inside.calls == []
    await bench.guarded.place(order())
    assert bench.inside.calls == ["place"]


async def test_orders_that_are_expected_and_never_come_are_forgotten(bench: Bench) -> None:
    for number in range(EARLY + 5):
        bench.guarded.expect(str(number), BTC, False)
    assert len(bench.guarded._early) == EARLY
    await bench.guarded.close()


@pytest.mark.parametrize("wait", [None, 7.0])
async def test_a_rate_limit_of_the_venue_stops_the_budget(bench: Bench, wait: float | None) -> None:
    bench.guarded.budget = purse = Purse()
    bench.inside.ill = VenueError(Category.RATE_LIMIT, "429", wait=wait)
    with pytest.raises(VenueError, match="429"):
        await bench.guarded.place(order())
    assert purse.waits == [wait]


async def test_a_key_that_is_not_taken_closes_the_account_once(bench: Bench) -> None:
    shut: list[str] = []
    bench.guarded = GuardedVenue(bench.inside, lambda: bench.now, bench._tell, shut=shut.append)
    for _ in range(2):
        bench.inside.ill = VenueError(Category.AUTHENTICATION, "bad key")
        for call in (bench.guarded.balances, lambda: bench.guarded.place(order())):
            with pytest.raises(VenueError, match="bad key"):
                await call()
            bench.inside.ill, ill = None, bench.inside.ill
            await bench.guarded.clock()  # for which no key is looked at
            bench.inside.ill = ill
        assert shut == [
            "okx: bad key: no new entries; seal a valid key (tapeline keys seal), then tapeline "
            "resume"
        ]
        assert bench.told.pop() == ("account", {"venue": "okx"})
        bench.inside.ill = None
        await bench.guarded.balances()
        shut.clear()
    bench.inside.ill = VenueError(Category.INSUFFICIENT_FUNDS, "poor")
    with pytest.raises(VenueError, match="poor"):
        await bench.guarded.place(order())
    assert shut == []


async def test_a_fault_beside_is_told(bench: Bench) -> None:
    await bench.opened()
    bench.inside.ill = KeyError("of ours")
    bench.now += int(PROBE * 1e9)
    await bench.turns()
    assert ("guard", {"venue": "okx"}) in bench.told


async def test_errors_are_told_once_a_minute(bench: Bench) -> None:
    await bench.guarded.open()
    bench.inside.ill = VenueError(Category.INVALID_ORDER, "tick")
    for _ in range(3):
        with pytest.raises(VenueError):
            await bench.guarded.place(order())
    await bench.turns()
    assert bench.told == []
    bench.now += 60 * 10**9
    await bench.turns()
    bench.now += 60 * 10**9
    await bench.turns()
    assert bench.told == [("errors", {f"invalid_order okx {BTC}": "3"})]
