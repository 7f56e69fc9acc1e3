"""Conditional orders of a house, whatever the venue: when they are met, in which order, what is
kept of them; and that the engine and what is kept beside it still agree."""

from __future__ import annotations

import random
from functools import partial

import pytest

from engine.matching.codes import BUY, SELL
from infra.exchange import conditions as desk
from infra.exchange.accounts import Account, Key
from infra.exchange.conditional import Condition, Failure, Leg, Source, State, Terms, Trail
from infra.exchange.dialects.binance import usdm_conditions
from infra.exchange.facts import Fact, Report
from infra.exchange.house import House
from infra.exchange.listing import Market
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange
from tests.exchange.test_house import ONE, act, check_depth, check_money, check_reports
from tests.exchange.test_recorded import Play


class Desk:
    """A house of three accounts that sends orders as Binance does."""

    def __init__(self) -> None:
        exchange = Exchange()
        self.house: House = exchange.usdm
        self.market: Market = self.house.listing.markets[0]
        self.house.conditions.send = partial(usdm_conditions.send, exchange.binance_usdm)
        opened = [self.house.open(Key(name, ""), {"USDT": 10**6 * ONE}) for name in "abc"]
        self.a, self.b, self.c = opened
        self.said: list[tuple[str, str]] = []
        self.house.conditions.hear(
            lambda each: self.said.append((each.terms.client, each.state.value))
        )

    def rest(self, account: Account, side: int, price: int, lots: int) -> Order:
        wish = Wish(self.market, side, Type.LIMIT, lots, price, f"{side} {price}")
        made = self.house.place(account, wish)
        assert isinstance(made, Order)
        return made

    def trade(self, price: int, left: int = 0) -> None:
        """Two accounts trade a lot, and so many are bid there."""
        self.rest(self.b, BUY, price, 1 + left)
        self.rest(self.c, SELL, price, 1)

    def add(
        self, name: str, trigger: int, lots: int = 5, side: int = SELL, rises: bool = False,
        source: Source = Source.LAST, trail: Trail | None = None, **more: bool | str,
    ) -> Condition:  # fmt: skip
        leg = Leg(trigger, rises, source)
        terms = Terms(self.market, side, lots, name, (leg,), **more)  # type: ignore[arg-type]
        return self.house.conditions.add(self.a, terms, trail)


def test_one_that_triggers_another_is_done_before_it() -> None:
    """The first takes the bid down to where the second is met; nothing of it comes before."""
    made = Desk()
    second, first = made.add("second", 61000_0), made.add("first", 61500_0)
    made.rest(made.b, BUY, 61000_0, 50)
    made.said.clear()
    made.trade(61500_0)
    assert made.said == [
        (name, state) for name in ("first", "second")
        for state in ("TRIGGERING", "TRIGGERED", "FINISHED")
    ]  # fmt: skip
    assert first.order is not None
    assert second.order is not None
    assert first.order.number < second.order.number
    assert made.a.position(0).lots == -10


def test_a_trigger_is_met_by_every_trade_of_a_sweep() -> None:
    made = Desk()
    made.add("between", 61500_0)
    for price in (61600_0, 61400_0):
        made.rest(made.b, BUY, price, 1)
    made.rest(made.b, BUY, 61300_0, 50)
    made.rest(made.c, SELL, 61400_0, 2)
    assert made.said[-1] == ("between", "FINISHED")


def test_those_of_a_price_go_in_the_order_in_which_they_came() -> None:
    made = Desk()
    for name in ("b", "a", "c"):
        made.add(name, 61500_0)
    made.said.clear()
    made.trade(61500_0, 50)
    assert [name for name, state in made.said if state == "TRIGGERED"] == ["b", "a", "c"]


@pytest.mark.parametrize("source", Source)
def test_each_source_is_met_by_its_own_price(source: Source) -> None:
    made = Desk()
    made.add("waits", 61500_0, source=source)
    if source is Source.LAST:
        made.house.mark(made.market, 61500_0)
        assert made.said == [("waits", "WAITING")]
        made.trade(61500_0, 50)
    else:
        made.trade(61500_0, 50)
        assert made.said == [("waits", "WAITING")]
        made.house.mark(made.market, 61500_0)
    assert made.said[-1] == ("waits", "FINISHED")


def test_another_market_does_not_meet_it() -> None:
    made = Desk()
    made.add("waits", 61500_0, source=Source.MARK)
    made.house.mark(made.house.listing.markets[1], 2500_00)
    assert made.said == [("waits", "WAITING")]


@pytest.mark.parametrize("rises", [False, True])
def test_a_trail_follows_the_best_price(rises: bool) -> None:
    trail = Trail(rate=100, activation=99_000 if rises else 101_000)
    ways = [(100_000, 0), (98_000, 98_980), (97_000, 97_970), (97_500, 97_970)]
    if not rises:
        ways = [(100_000, 0), (102_000, 100_980), (103_000, 101_970), (102_500, 101_970)]
    assert [trail.follow(rises, price) for price, _ in ways] == [trigger for _, trigger in ways]
    assert Trail(0, 0, 0, 50).follow(rises, 1_000) == (1_050 if rises else 950)


def test_bound_ones_end_where_the_position_turns_round() -> None:
    made = Desk()
    made.rest(made.b, SELL, 61700_0, 10)
    made.rest(made.a, BUY, 61700_0, 10)
    made.add("stop", 61000_0, bound=True)
    made.rest(made.b, BUY, 61690_0, 15)
    made.rest(made.a, SELL, 61690_0, 4)
    assert made.said[-1] == ("stop", "WAITING"), "some of it is left"
    made.rest(made.a, SELL, 61690_0, 11)
    assert made.a.position(0).lots == -5
    assert made.said[-1] == ("stop", "EXPIRED")


def test_a_liquidation_ends_what_is_bound() -> None:
    made = Desk()
    poor = made.house.open(Key("poor", ""), {"USDT": 4_000 * ONE})
    made.rest(made.b, SELL, 61700_0, 1000)
    made.rest(poor, BUY, 61700_0, 1000)
    terms = Terms(made.market, SELL, 0, "stop", (Leg(50000_0, False),), bound=True)
    waits = made.house.conditions.add(poor, terms)
    made.rest(made.c, BUY, 57000_0, 5000)
    made.house.mark(made.market, 57000_0)
    assert poor.position(0).lots == 0
    assert waits.state is State.EXPIRED


def test_of_a_pair_one_ends_the_other() -> None:
    made = Desk()
    made.add("stop", 61500_0, pair="p")
    made.add("target", 62000_0, rises=True, pair="p")
    made.add("other", 62000_0, rises=True, pair="q")
    made.trade(61500_0, 50)
    assert ("target", "EXPIRED") in made.said
    assert ("other", "EXPIRED") not in made.said


def test_what_is_done_is_forgotten_after_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "KEPT", 3)
    made = Desk()
    found = [made.add(f"c{number}", 61000_0) for number in range(6)]
    for each in found[:5]:
        made.house.conditions.end(each)
    held = made.house.conditions
    assert [each.terms.client for each in held.of(made.a)] == ["c2", "c3", "c4", "c5"]
    assert held.called(made.a, "c1") is None
    assert held.numbered(made.a, found[1].number) is None
    assert held.called(made.a, "c2") is found[2]
    assert [each.terms.client for each in held.waiting(made.a)] == ["c5"]


def test_a_client_id_is_of_the_last_that_had_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "KEPT", 1)
    made = Desk()
    for _ in range(3):
        last = made.add("same", 61000_0)
        made.house.conditions.end(last)
    assert made.house.conditions.called(made.a, "same") is last


def test_without_a_dialect_none_is_sent() -> None:
    made = Desk()
    made.house.conditions.send = desk.unsent
    waits = made.add("waits", 61500_0)
    made.trade(61500_0)
    assert waits.state is State.FAILED
    assert waits.failure == Failure(0, "conditional orders are not taken here")


def test_a_recorded_trade_meets_a_stop_which_takes_of_the_recorded_book() -> None:
    """What it takes stays taken, as of any order of a client."""
    play = Play.new()
    house, market = play.recorded.house, play.recorded.market
    section = Exchange().binance_usdm
    section.house = house
    house.conditions.send = partial(usdm_conditions.send, section)
    play.book({6170_00: 5, 6169_00: 9}, {6171_00: 5}, snapshot=True)
    terms = Terms(market, SELL, 3, "stop", (Leg(6170_00, False),))
    waits = house.conditions.add(house.keys["client"], terms)
    play.trade("sell", 6170_00, 5)
    assert waits.order is not None
    assert (waits.order.filled, waits.order.fills[0].price) == (3, 6169_00)
    assert play.recorded.taken == {(True, 6169_00): 3}
    play.book({6169_00: 8}, {})
    assert play.displayed()[0] == [(6170_00, 5), (6169_00, 5)], "of 8 three are taken"
    assert [(each.price, each.lots) for each in house.books.tapes[0].trades] == [
        (6170_00, 5), (6169_00, 3),
    ]  # fmt: skip


def random_terms(chance: random.Random, market: Market, number: int) -> tuple[Terms, Trail | None]:
    """A condition near the price, of any kind."""
    mid, side = market.ladder.reference, chance.choice([BUY, SELL])
    rises, source = chance.random() < 0.5, chance.choice(list(Source))
    price = chance.choice([0, mid + chance.randint(-30, 30)])
    kind = Type.LIMIT if price else Type.MARKET
    leg = Leg(mid + chance.randint(-60, 60), rises, source, kind, price, "STOP")
    other = Leg(mid - chance.randint(-60, 60), not rises, source)
    trail = Trail(chance.randint(1, 50)) if chance.random() < 0.2 else None
    legs = (leg,) if trail or chance.random() < 0.7 else (leg, other)
    lots = chance.choice([0, chance.randint(1, 200)])
    terms = Terms(
        market, side, lots, f"k{number}", legs, chance.random() < 0.4, chance.random() < 0.3,
        chance.choice(["", "p"]),
    )  # fmt: skip
    return terms, trail


@pytest.mark.parametrize("seed", range(3))
def test_random_sessions_agree_with_the_engine(seed: int) -> None:
    made, chance = Desk(), random.Random(seed)
    accounts = [made.house.open(Key(f"k{n}", ""), {"USDT": 5_000 * ONE}) for n in range(4)]
    facts: list[Fact] = []
    made.house.hear(facts.append)
    states: dict[Condition, list[State]] = {}
    made.house.conditions.hear(lambda each: states.setdefault(each, []).append(each.state))
    for number in range(1500):
        account, market = chance.choice(accounts), made.house.listing.markets[chance.randrange(2)]
        waiting = made.house.conditions.waiting(account)
        what = chance.random()
        if what < 0.2:
            made.house.conditions.add(account, *random_terms(chance, market, number))
        elif what < 0.25 and waiting:
            made.house.conditions.end(chance.choice(waiting))
        else:
            act(made.house, accounts, chance, number)
    for market in made.house.listing.markets[:2]:
        check_depth(made.house, market.number)
        for account in accounts:
            row, kept = made.house.row(account, market), account.position(market.number)
            assert (row.lots, row.cost) == (kept.lots, kept.cost)
    check_reports(facts)
    check_money(made.house, accounts)
    check_states(states, facts)


RESTS = [State.WAITING, State.TRIGGERING, State.TRIGGERED]
ROADS = [
    [State.WAITING, State.CANCELED], [State.WAITING, State.EXPIRED], [State.WAITING],
    [State.WAITING, State.TRIGGERING, State.FAILED], [*RESTS, State.FINISHED],
]  # fmt: skip


def check_states(states: dict[Condition, list[State]], facts: list[Fact]) -> None:
    """Each went one of the roads, all were gone by some; one order each, as far as it says."""
    assert all(road in [*ROADS, RESTS] for road in states.values())
    assert [road for road in ROADS if road not in states.values()] == []
    orders = [each.order for each in states if each.order is not None]
    assert len(orders) == len(set(orders))
    told = {fact.order for fact in facts if isinstance(fact, Report)}
    for condition in states:
        if condition.state is State.FINISHED:
            assert condition.order in told
            assert not condition.order.status.live
        if condition.terms.reduce_only and condition.order is not None:
            assert condition.order.wish.reduce_only
