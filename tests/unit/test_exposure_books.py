"""What is recorded of a house's executions and stops, and when a fault was at work."""

from __future__ import annotations

from functools import partial

import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Key
from infra.exchange.conditional import Condition, Leg, Terms
from infra.exchange.dialects.binance import usdm_conditions
from infra.exchange.faults import Fault, Faults
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange
from tests.chaos.executor.exposure import Covers, Filled, Span, bare
from tests.chaos.executor.recording import ALL, RECOVERY, Recorder, watched

SECOND = 1_000_000_000


class Books:
    """A house whose time stands still until it is moved, and what is recorded of account a."""

    def __init__(self) -> None:
        exchange = Exchange()
        self.now = 1_000 * SECOND
        exchange.clock.source = lambda: self.now
        self.clock, self.house = exchange.clock, exchange.usdm
        self.house.conditions.send = partial(usdm_conditions.send, exchange.binance_usdm)
        self.market = self.house.listing.markets[0]
        self.price = self.market.ladder.reference
        self.a, self.b = (self.house.open(Key(n, ""), {"USDT": 10**16}) for n in "ab")
        self.recorder = Recorder(self.house)
        self.recorder.begin("a")

    def trade(self, lots: int, client: str = "entry") -> None:
        """a buys, or with negative lots sells, from b."""
        self.rest(-lots)
        self.take(lots, client)

    def take(self, lots: int, client: str) -> None:
        """a buys, or with negative lots sells, what there is."""
        kind, side = Type.LIMIT, BUY if lots > 0 else SELL
        wish = Wish(self.market, side, kind, abs(lots), self.price, client)
        assert isinstance(self.house.place(self.a, wish), Order)

    def rest(self, lots: int) -> None:
        """b bids or offers."""
        side = BUY if lots > 0 else SELL
        wish = Wish(self.market, side, Type.LIMIT, abs(lots), self.price, f"b{lots}{self.now}")
        assert isinstance(self.house.place(self.b, wish), Order)

    def stop(self, lots: int, under: int = 100) -> Condition:
        """A stop of a's that sells."""
        leg = Leg(self.price - under, rises=False)
        terms = Terms(self.market, SELL, lots, "stop", (leg,), reduce_only=True)
        return self.house.conditions.add(self.a, terms)

    def taken(self) -> list[Filled | Covers]:
        """What was recorded, without the symbol's name."""
        return [each._replace(symbol="") for each in self.recorder.taken("a")]


def test_executions_and_stops_are_recorded_by_time_without_skew() -> None:
    books = Books()
    begun = books.now
    books.trade(50)
    books.clock.skew, books.now = 2 * SECOND, begun + 5
    stop = books.stop(40)
    books.now += 5
    books.house.conditions.amend(stop, books.stop(0).terms)
    books.now += 5
    books.house.conditions.end(stop)
    found = books.taken()
    other = stop.number + 1
    assert found == [
        Filled(begun, "", "entry", 50),
        Covers(begun + 5, "", stop.number, -40),
        Covers(begun + 10, "", other, -ALL),
        Covers(begun + 10, "", stop.number, -ALL),
        Covers(begun + 15, "", stop.number, 0),
    ]


def test_a_stop_that_fires_leaves_nothing_bare() -> None:
    books = Books()
    books.trade(50)
    books.now += SECOND
    stop = books.stop(50, under=0)
    books.rest(60)
    books.take(-10, "plain")  # at the stop's price
    assert stop.state == "FINISHED"
    books.now += SECOND
    events = books.recorder.taken("a")
    assert [each.lots for each in events if isinstance(each, Filled)] == [50, -10, -40]
    (found,) = bare(events, {"entry"}, books.now)
    assert found.span == Span(books.now - 2 * SECOND, books.now - SECOND), "before the stop came"


def fault(**told: object) -> Fault:
    return Fault.model_validate(told)


@pytest.mark.parametrize(
    ("told", "struck", "hinders"),
    [
        ({"kind": "lost", "path": "/order", "method": "POST"}, (), None),
        ({"kind": "lost", "path": "/order", "method": "POST"}, (3,), (3, 3)),
        ({"kind": "lost", "path": "/order", "method": "GET"}, (3,), None),
        ({"kind": "slow", "path": "/order", "method": "POST", "seconds": 2}, (3,), (3, 5)),
        ({"kind": "lost", "path": "/order", "lasts": 9.0}, (3, 6), (3, 15)),
        ({"kind": "maintenance", "path": "/order", "after": 1.0, "lasts": 2.0}, (), (1, 3)),
        ({"kind": "skew", "milliseconds": 700, "lasts": 1.0}, (2,), (2, 3)),
    ],
    ids=["unmet", "one", "a read", "slow", "lasting", "maintenance", "of the venue"],
)
def test_a_fault_is_at_work_from_when_it_strikes(
    told: dict[str, object], struck: tuple[int, ...], hinders: tuple[int, int] | None
) -> None:
    now = 0
    faults = Faults(lambda: now)
    faults.arm(fault(**told))
    found = watched(faults)
    for second in struck:
        now = second * SECOND
        if found.fault.of_the_venue:
            faults.due("", "time")
        else:
            faults.strike(found.fault.method, "/order")
    late = int(RECOVERY * SECOND)
    expected = hinders and Span(hinders[0] * SECOND, hinders[1] * SECOND + late)
    assert found.hinders == expected


def test_an_event_that_comes_twice_hinders_nobody() -> None:
    faults = Faults(lambda: 1)
    faults.arm(fault(kind="double", path="events"))
    found = watched(faults)
    assert faults.events("one", "news") == ["news", "news"]
    assert (found.times, found.hinders) == ([1], None)
