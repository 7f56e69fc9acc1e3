# ruff: noqa: E501
"""Every rule of the reference broken in turn: the scenarios must notice each.

    python -m tests.matching.mutants

The engine is held to the reference by equal events and states, so a rule that it breaks alone is
noticed there; a rule that no scenario pins down could be broken in both.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.matching import naive

RULES: dict[str, tuple[str, str]] = {
    "price priority": ("order.better(order.price, book[place - 1].price)", "False"),
    "time priority": (
        "order.better(order.price, book[place - 1].price)",
        "order.price == book[place - 1].price",
    ),
    "trades at the maker's price": (
        "self._trade(market, taker, maker, maker.price)",
        "self._trade(market, taker, maker, limit)",
    ),
    "a limit is kept": ("taker.takes(against[0].price, limit)", "True"),
    "IOC does not rest": ("if order.kind == Kind.LIMIT and order.flags & TIF == GTC:", "if 1:"),
    "FOK is all or nothing": ("order.flags & TIF == FOK and not", "False and not"),
    "FOK counts what is hidden": ("if maker.displayed:\n                behind", "if 0:\n                behind"),
    "FOK knows of prevention": ("if order.prevention != CANCEL_OLDEST:", "if False:"),
    "FOK skips own under oldest": ("if order.prevention != CANCEL_OLDEST:", "if True:"),
    "FOK does not count reducers": (
        "if not maker.flags & REDUCE_ONLY\n", "if True\n"
    ),
    "FOK and an iceberg's place": ("makers.insert(len(behind), maker)", "makers.insert(0, maker)"),
    "post-only": ("if order.flags & POST_ONLY and self._would_take", "if False and self._would_take"),
    "an iceberg shows its part": ("    shown = min(open_, peak)", "    shown = open_"),
    "an iceberg loses its place": (
        "market.insert(order)\n            self._say(Happening.REFRESHED",
        "market.books[order.side].insert(0, order)\n            self._say(Happening.REFRESHED",
    ),
    "an iceberg's parts": ("c.quantity <= MAX_PARTS * (c.visible or c.quantity)", "True"),
    "an amended iceberg's parts": ("whole > MAX_PARTS * (order.peak or whole)", "False"),
    "reduce-only is refused": ("            if not room:", "            if False:"),
    "reduce-only is cut": ("if room < order.displayed:", "if False:"),
    "reduce-only takers are capped": ("for order in (taker, maker):\n            if order", "for order in (maker,):\n            if order"),
    "reduce-only makers are capped": ("for order in (taker, maker):\n            if order", "for order in (taker,):\n            if order"),
    "a spent maker is withdrawn": ("elif self._spent(maker, taker):", "elif False:"),
    "reduce-only and its own account": ("(own or not self._reducible(order))", "(not self._reducible(order))"),
    "FOK reduce-only and its own reducers": ("or (reduces and maker.account == order.account)", "or False"),
    "FOK reduce-only and its own account": ("if reduces and maker.account == order.account:", "if False:"),
    "positions": ("if order.account:\n            held", "if False:\n            held"),
    "a seller's position": ("quantity if order.side == BUY else -quantity)", "quantity)"),
    "prevention": ("            if _same(taker, maker):\n                alive", "            if False:\n                alive"),
    "prevention, oldest": ("if taker.prevention in (CANCEL_OLDEST, CANCEL_BOTH)", "if taker.prevention == CANCEL_BOTH"),
    "prevention, newest": ("if taker.prevention in (CANCEL_NEWEST, CANCEL_BOTH)", "if taker.prevention == CANCEL_BOTH"),
    "prevention, both: maker": ("in (CANCEL_OLDEST, CANCEL_BOTH)", "in (CANCEL_OLDEST,)"),
    "prevention, both: taker": ("in (CANCEL_NEWEST, CANCEL_BOTH)", "in (CANCEL_NEWEST,)"),
    "prevention is the taker's": (
        "return bool(taker.prevention) and", "return bool(taker.prevention or maker.prevention) and"
    ),
    "nobody is no account": ("return self.flags & PREVENTION if self.account else 0", "return self.flags & PREVENTION"),
    "stops wait": ("if market.reached(order, price):", "if True:"),
    "stops wake": ("if market.reached(order, price):", "if False:"),
    "stops by trigger": ("key=lambda o: o.trigger)", "key=lambda o: 0)"),
    "sell stops by trigger": ("key=lambda o: -o.trigger)", "key=lambda o: 0)"),
    "the first trade counts": ("for price in prints:", "for price in prints[-1:]:"),
    "the last trade counts": ("for price in prints:", "for price in prints[:1]:"),
    "no stop triggers at once": ("if order.asleep and market.reached(order, market.reference)", "if False"),
    "the last trade is the reference": ("return self.last or self.instrument.reference", "return self.instrument.reference"),
    "trailing stops follow": ("if order.better(order.trigger, trigger):", "if False:"),
    "trailing stops never turn": ("if order.better(order.trigger, trigger):", "if True:"),
    "stops activate in turn": ("market.elected.pop(0)", "market.elected.pop()"),
    "a stop outside the band": ("outside = order.kind == Kind.LIMIT and", "outside = False and"),
    "a stop meets the book by its flags": ("Why.BAND if outside else self._refusal(market, order)", "Why.BAND if outside else Why.ASKED"),
    "less keeps the place": ("and whole <= order.whole:", "and whole < 0:"),
    "more loses the place": ("and whole <= order.whole:", "and True:"),
    "another price loses the place": ("if price == order.price and trigger", "if trigger"),
    "an amended order takes": ("del self.orders[order.order_id]\n            self._enter(market, order)", "del self.orders[order.order_id]\n            self._rest(market, order)"),
    "an amendment is of the whole": ("order.open + whole - order.whole, 0", "whole, 0"),
    "amended away": ("if whole - (order.whole - order.open) <= 0:", "if False:"),
    "post-only when amended": ("not order.asleep and order.flags & POST_ONLY", "False"),
    "amend: band": ("if c.price and not market.low <= c.price <= market.high:", "if False:"),
    "amend: would trigger": ("if market.reached(after, market.reference):", "if False:"),
    "amend: halted": ("        if market.phase == Phase.HALTED:\n            return Why.PHASE\n        if c.price", "        if c.price"),
    "reduce: hidden first": ("hidden = min(quantity, order.hidden)", "hidden = max(0, quantity - order.displayed + 1)"),
    "own orders only": ("if order is None or (c.account and c.account != order.account) else", "if order is None else"),
    "ids are unique": ("if order.order_id in self.orders:", "if False:"),
    "full": ("if waits and len(self.orders) >= self.max_orders:", "if False:"),
    "full lets takers in": ("if waits and len(self.orders)", "if len(self.orders)"),
    "halted": ("if market.phase == Phase.HALTED or (", "if (False) or ("),
    "an auction takes no takers": ("market.phase == Phase.AUCTION and not waits", "False"),
    "an auction does not match": ("market.phase != Phase.OPEN or self._match", "self._match"),
    "bands": ("if order.kind in LIMITED and not market.low <= order.price <= market.high:", "if order.kind in LIMITED and not instrument.lowest <= order.price <= instrument.highest:"),
    "market orders stop at the band": ("return self.high if order.side == BUY else self.low", "return self.instrument.highest if order.side == BUY else self.instrument.lowest"),
    "clearing: most volume": ("(-min(demand, supply), abs", "(0, abs"),
    "clearing: least imbalance": ("abs(demand - supply), distance", "0, distance"),
    "clearing: nearest": ("distance, price))", "0, price))"),
    "clearing: icebergs count whole": ("sum(each.open for each in buys if", "sum(each.displayed for each in buys if"),
    "an auction is one price": ("self._trade(market, buy, sell, price, UNCROSSED)", "self._trade(market, buy, sell, sell.price, UNCROSSED)"),
    "an auction clears": ("while market.phase == Phase.OPEN and market.crossed:", "while False:"),
    "an auction goes on": ("while market.phase == Phase.OPEN and market.crossed:", "if market.phase == Phase.OPEN and market.crossed:"),
    "an auction wakes stops": ("self._refresh(market, buy)\n        self._elect(market, prints)", "self._refresh(market, buy)"),
    "a spent buyer in an auction": ("if self._spent(buy, sell):", "if False:"),
    "a spent seller in an auction": ("elif self._spent(sell, buy):", "elif False:"),
}  # fmt: skip


class Outcome:
    """Counts what failed."""

    def __init__(self) -> None:
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.failed


@dataclass(frozen=True)
class Reference:
    """A module of rules, the class in it, and the scenarios that are to notice a broken one."""

    module: ModuleType
    name: str
    files: tuple[Path, ...]

    @property
    def source(self) -> str:
        return Path(str(self.module.__file__)).read_text()

    def notices(self, before: str, after: str) -> bool:
        """Whether the scenarios fail on a reference that reads otherwise."""
        sound = getattr(self.module, self.name)
        mutant = ModuleType("mutant")
        sys.modules[mutant.__name__] = mutant
        exec(
            compile(self.source.replace(before, after, -1 if before else 0), "mutant", "exec"),
            mutant.__dict__,
        )
        setattr(self.module, self.name, getattr(mutant, self.name))
        outcome = Outcome()
        quiet = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "-k", "naive", "--timeout=5"]
        words = [*map(str, self.files), *quiet, "--tb=no", "--no-summary"]
        pytest.main(words, plugins=[outcome])
        setattr(self.module, self.name, sound)
        return outcome.failed > 0

    def judge(self, rules: dict[str, tuple[str, str]]) -> int:
        """Break each rule in turn; 1 where one was missed."""
        for rule, (before, _) in rules.items():
            assert before in self.source, f"{rule}: the reference reads {before!r} no more"
        assert not self.notices("", ""), "the sound reference fails"
        missed = [rule for rule, words in rules.items() if not self.notices(*words)]
        print(f"{len(rules) - len(missed)} of {len(rules)} broken rules noticed; missed: {missed}")
        return bool(missed)


FOLDER = Path(__file__).parent
REFERENCE = Reference(naive, "Naive", (FOLDER / "test_orders.py", FOLDER / "test_markets.py"))

if __name__ == "__main__":
    sys.exit(REFERENCE.judge(RULES))
