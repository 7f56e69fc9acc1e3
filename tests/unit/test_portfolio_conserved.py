"""Nothing is lost or made: any trading of linear, inverse and spot, against fractions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.costs import text
from engine.portfolio import PortfolioSettings, PortfolioStage
from schemas.codec import encode
from tests.pipeline.recompute_pnl import differences
from tests.recorded import long
from tests.unit.portfolio_play import CONTRACTS, INVERSE, LINEAR, SPOT, Play, values

START = Decimal(500)
DAY = 86_400 * 10**9


class Event(NamedTuple):
    """What happens: a fill, the close of all, funding, a mark, a night, or nothing but a restart.

    money: of a fee or of funding, negative when received.
    """

    kind: Literal["fill", "close", "funding", "mark", "night", "restart"]
    symbol: str
    side: str
    price: str
    quantity: str
    money: str
    strategy: str


def units(decimals: int, least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda one: text(Decimal(one).scaleb(-decimals)))


prices = units(8, 1, 10**14) | st.sampled_from(("1", "3", "60000.00000001"))
quantities = units(18, 1, 10**24) | st.integers(1, 5).map(str)
money = units(18, -(10**21), 10**21)
strategies = st.sampled_from(("main", "swing", "third"))
kinds = st.sampled_from(("fill", "fill", "fill", "close", "funding", "mark", "night", "restart"))
events = st.builds(
    Event, kinds, st.sampled_from((LINEAR, INVERSE, SPOT)), st.sampled_from(("buy", "sell")),
    prices, quantities, money, strategies,
)  # fmt: skip
scripts = st.lists(events, min_size=1, max_size=20)


def play(script: list[Event], restarts: bool = True) -> Play:
    desk = Play(PortfolioStage(PortfolioSettings(accounts={"paper": START})))
    held: defaultdict[str, Fraction] = defaultdict(Fraction)
    for one in script:
        side, quantity = one.side, one.quantity
        if one.kind == "close":
            side = "sell" if held[one.symbol] > 0 else "buy"
            quantity = plain(abs(held[one.symbol]))
        if one.kind in ("fill", "close") and quantity != "0":
            held[one.symbol] += Fraction(quantity) * (1 if side == "buy" else -1)
            desk.fill(side, one.price, quantity, one.symbol, fee=one.money, strategy=one.strategy)
        elif one.kind == "funding":
            desk.fund(one.money, one.symbol, strategy=one.strategy)
        elif one.kind == "mark":
            desk.mark(one.price, one.symbol)
        elif one.kind == "night":
            desk.now += DAY
        elif one.kind == "restart" and restarts:
            desk.restart()
    return desk


def plain(quantity: Fraction) -> str:
    return text(Decimal(int(quantity * 10**18)).scaleb(-18))


def worth(symbol: str, price: str, quantity: Fraction) -> Fraction:
    """Settle money, by the definition of each kind of contract."""
    size = Fraction(CONTRACTS[symbol].size)
    if symbol != INVERSE:
        return Fraction(price) * quantity * size
    return Fraction(round(-quantity * size / Fraction(price) * 10**18), 10**18)


@given(scripts)
@settings(max_examples=long(100, 33), deadline=None)
def test_a_position_is_worth_its_cash_flow_and_what_it_holds(script: list[Event]) -> None:
    desk = play(script)
    for symbol in desk.sequences:
        cash, held, fees, funding = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
        for status in (one for one in desk.statuses if one.symbol == symbol):
            if status.type == "fill":
                signed = Fraction(status.quantity or 0) * (1 if status.side == "buy" else -1)
                cash -= worth(symbol, status.price or "", signed)
                held += signed
                fees += Fraction(status.fee or 0)
            elif status.type == "funding":
                funding += Fraction(status.amount or 0)
        told = desk.last(symbol)
        value = worth(symbol, told.mark, held) if told.mark else Fraction(0)
        assert Fraction(told.realised) + Fraction(told.unrealised) == cash + value
        assert Fraction(told.quantity) == held
        assert (Fraction(told.fees), Fraction(told.funding)) == (fees, funding)
        if not held:
            assert (Fraction(told.realised), told.unrealised, told.entry) == (cash, "0", None)


@given(scripts)
@settings(max_examples=long(100, 33), deadline=None)
def test_the_account_is_the_sum_of_its_strategies_and_of_its_positions(
    script: list[Event],
) -> None:
    latest = play(script).latest()
    if not latest:
        return
    account = latest.pop("paper:*")
    parts = [row for row in latest.values() if row.type == "strategy"]
    held = [row for row in latest.values() if row.type == "position"]
    for name in ("realised", "unrealised", "fees", "funding", "returned", "exposure", "initial",
                 "maintenance", "positions", "fills", "closed", "won"):  # fmt: skip
        whole = Fraction(getattr(account, name))
        assert sum(Fraction(getattr(row, name)) for row in parts) == whole, name
    for name in ("returned", "exposure", "initial", "maintenance", "fills", "closed", "won"):
        whole = Fraction(getattr(account, name))
        assert sum(Fraction(getattr(row, name)) for row in held) == whole, name
    won = Fraction(account.realised) + Fraction(account.unrealised)
    spent = Fraction(account.fees) + Fraction(account.funding)
    assert Fraction(account.equity or "") == Fraction(START) + won - spent
    assert sum(Fraction(row.equity or "") for row in parts) == won - spent
    for row in (account, *parts):
        assert Fraction(row.peak or "") >= Fraction(row.equity or "")


@given(scripts)
@settings(max_examples=long(100, 33), deadline=None)
def test_a_recomputation_in_fractions_from_the_statuses_agrees(script: list[Event]) -> None:
    desk = play(script)
    statuses = [orjson.loads(encode(status)) for status in desk.statuses]
    told = [orjson.loads(value) for value in values(desk.told)]
    assert differences(statuses, told, Fraction(START)) == []


@given(scripts)
@settings(max_examples=long(100, 33), deadline=None)
def test_restarts_change_no_byte(script: list[Event]) -> None:
    assert values(play(script).told) == values(play(script, restarts=False).told)


@dataclass
class Trips:
    """Round trips of linear contracts, in fractions."""

    leverage: Fraction
    held: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    net: Fraction = Fraction(0)
    margin: Fraction = Fraction(0)
    returns: list[Fraction] = field(default_factory=list)

    def fill(self, signed: Fraction, price: Fraction, fee: Fraction) -> None:
        """Close what is there, then open what is left, each with its share of the fee."""
        closes = min(abs(signed), abs(self.held)) if self.held * signed < 0 else Fraction(0)
        own = closes / abs(signed)
        if closes:
            part = closes / abs(self.held)
            self.net += part * (self.held * price - self.cost) - fee * own
            self.held, self.cost = self.held * (1 - part), self.cost * (1 - part)
            if not self.held:
                self.returns.append(self.net / self.margin)
                self.net = self.margin = Fraction(0)
        if own < 1:
            self.net = (self.net if self.held else Fraction(0)) - fee * (1 - own)
            self.held += signed * (1 - own)
            self.cost += signed * (1 - own) * price
        self.margin = max(self.margin, abs(self.cost) / self.leverage)


@given(scripts)
@settings(max_examples=long(100, 33), deadline=None)
def test_a_round_trip_returns_its_net_on_its_largest_margin(script: list[Event]) -> None:
    desk = play([one._replace(symbol=LINEAR) for one in script])
    contract = CONTRACTS[LINEAR]
    trips = Trips(Fraction(contract.leverage))
    for status in desk.statuses:
        if status.type == "funding":
            trips.net -= Fraction(status.amount or 0)
        elif status.type == "fill":
            signed = Fraction(status.quantity or 0) * (1 if status.side == "buy" else -1)
            price = Fraction(status.price or 0) * Fraction(contract.size)
            trips.fill(signed, price, Fraction(status.fee or 0))
    if desk.statuses:
        told, whole = desk.last("*"), sum(trips.returns, Fraction(0))
        assert told.closed == len(trips.returns)
        assert told.won == sum(one > 0 for one in trips.returns)
        scale = 1 + sum(abs(one) for one in trips.returns)
        assert abs(Fraction(told.returned) - whole) <= Fraction(1, 10**9) * scale
