"""What asking may cost in an hour, and what it has: money, tokens, calls and time. Pure.

Money is whole nano-dollars (10^-9 USD), so that sums are exact. A question is let through only when
what was spent in the hour before, what is under way and the most that it may cost stay within the
limit; so what is spent never exceeds it, as long as no call costs more than its worst case.
Time is an argument, ns of any clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from engine.numbers import text_of
from engine.spans import SECOND
from schemas.advice import Call

HOUR = 3600 * SECOND
DECIMALS = 9
"""Of money: nano-dollars."""


class Spending(NamedTuple):
    """What was spent at `at` (ns). cost: nano-dollars; time: ns that calls took."""

    at: int
    cost: int = 0
    tokens: int = 0
    calls: int = 0
    time: int = 0


class Limits(NamedTuple):
    """The most of an hour, each as in Spending."""

    cost: int
    tokens: int
    calls: int
    time: int


class Price(NamedTuple):
    """Of a token read and one written, in 10^-18 USD: a price in USD a million tokens is whole."""

    input: int = 0
    output: int = 0

    @classmethod
    def of(cls, input: Decimal, output: Decimal) -> Price:
        """From USD a million tokens."""
        return cls(int(input * 10**12), int(output * 10**12))

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """Nano-dollars of a call, rounded up: never less than the provider's bill."""
        exact = Decimal(tokens_in * self.input + tokens_out * self.output) / 10**9
        return int(exact.to_integral_value(ROUND_CEILING))


def of_calls(calls: Iterable[Call], at: int) -> Spending:
    """What the calls of a question have cost together."""
    rows = tuple(calls)
    return Spending(
        at,
        sum(nano(call.cost) for call in rows),
        sum(call.tokens_in + call.tokens_out for call in rows),
        sum(call.tries for call in rows),
        sum(call.latency for call in rows),
    )


def dollars(nano: int) -> str:
    """Nano-dollars as a decimal string in USD."""
    return text_of(nano, DECIMALS)


def nano(dollars: str) -> int:
    """A decimal string in USD as nano-dollars, rounded up."""
    return int((Decimal(dollars) * 10**DECIMALS).to_integral_value(ROUND_CEILING))


@dataclass
class Ledger:
    """What was spent, by question, and the worst case of those under way.

    own: limits of single advisors, by name; what is not named has the desk's only.
    """

    limits: Limits
    own: Mapping[str, Limits] = field(default_factory=dict)
    spent: dict[str, tuple[str, Spending]] = field(default_factory=dict)
    open: dict[str, tuple[str, Spending]] = field(default_factory=dict)

    def reserve(self, id: str, advisor: str, worst: Spending) -> str | None:
        """Hold the worst case of a question back; or say which limit it would pass, and by how
        much, and hold nothing.
        """
        self.prune(worst.at)
        if why := self._passes(None, self.limits, worst):
            return why
        limits = self.own.get(advisor)
        if limits is not None and (why := self._passes(advisor, limits, worst)):
            return f"{advisor}: {why}"
        self.open[id] = advisor, worst
        return None

    def settle(self, id: str, spending: Spending) -> None:
        """The question is over: what it has cost in place of its worst case."""
        advisor, _ = self.open.pop(id)
        self.spent[id] = advisor, spending

    def take(self, id: str, advisor: str, spending: Spending) -> None:
        """What a record tells of a question, be it of another worker; told twice it counts once."""
        if id not in self.open:
            self.spent.setdefault(id, (advisor, spending))

    def total(self, now: int, advisor: str | None = None) -> Spending:
        """What was spent in the hour before `now` and is held back, of one advisor or of all."""
        done = [row for row in self.spent.values() if row[1].at > now - HOUR]
        rows = (*done, *self.open.values())
        return added(now, (each for name, each in rows if advisor in (None, name)))

    def prune(self, now: int) -> None:
        """Forget what is more than an hour ago."""
        old = [id for id, (_, each) in self.spent.items() if each.at <= now - HOUR]
        for id in old:
            del self.spent[id]

    def _passes(self, advisor: str | None, limits: Limits, worst: Spending) -> str | None:
        known = self.total(worst.at, advisor)
        would = added(worst.at, (known, worst))
        for name, limit in limits._asdict().items():
            if getattr(would, name) > limit:
                told = _told(name, getattr(known, name)), _told(name, getattr(worst, name))
                return f"{name}: {told[0]} spent, up to {told[1]} more, limit {_told(name, limit)}"
        return None


def added(at: int, rows: Iterable[Spending]) -> Spending:
    """The sum, as of `at`."""
    kept = list(rows)
    return Spending(
        at,
        sum(each.cost for each in kept),
        sum(each.tokens for each in kept),
        sum(each.calls for each in kept),
        sum(each.time for each in kept),
    )


def _told(name: str, value: int) -> str:
    """As people read it."""
    if name == "cost":
        return f"{dollars(value)} USD"
    return f"{value // SECOND} s" if name == "time" else f"{value:,}"
