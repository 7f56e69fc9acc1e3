"""Whether the numbers of a reply are those of its briefing, or made of them.

A price is grounded if it is in the briefing, or is one of bid, ask, mid, last and the reply's own
entry, plus or minus half ATRs up to 6 or quarter percents up to 10.

A figure is grounded if the briefing has it under its name with these digits; under another name, if
it is written as the briefing has it, or fits a number there, or one made of two, and hardly by
chance (engine.advice.shelf).

A number in a reason is grounded if it is so; if it is one of the reply's own (its prices, figures,
confidence, horizon, leverage, and what lies between its prices); if the reason names the figure and
it fits that with two digits or all; or if it counts: 0 to 3, and whole numbers in the briefing's
names, the lengths of its lists, and the usual marks of indicators.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from engine.advice.grounds import Grounds, distances, plain
from engine.advice.mentions import Mention, mentions
from engine.advice.reply import Reply
from engine.advice.shelf import Number, Shelf

COUNTED = frozenset({0, 1, 2, 3, 20, 30, 50, 70, 80, 100})
"""Whole numbers that are grounded anywhere in a reason."""
OWN = 0.1
"""The share (engine.advice.shelf) of what lies between the reply's own prices."""
LEAST = 2
"""Digits of a number beside its name."""
HALVES = 12
"""Half ATRs."""
QUARTERS = 40
"""Quarter percents."""


@dataclass(frozen=True)
class Grounding:
    """A reply held against its briefing; `fault` in words, "" where all is grounded."""

    reply: Reply
    of: Grounds

    def fault(self) -> str:
        """What is said first that is not so."""
        reply = self.reply
        for name in ("entry", "stop", "target"):
            price = getattr(reply, name)
            if price is not None and not self._price(Number.of(price), name):
                return f"{name} {price} is neither in the briefing nor derivable from it"
        for figure in reply.figures:
            if not self._figure(figure.name, figure.value):
                return f"the figure {figure.value} is neither in the briefing nor derivable"
        for place, reason in enumerate(reply.reasons):
            for mention in mentions(reason):
                if not self._mention(mention, plain(reason)):
                    return f"{mention.text} in reason {place + 1} is not of the briefing"
        return ""

    def _price(self, price: Number, name: str) -> bool:
        if price.value in self.of.exact or self.of.direct.shows(price):
            return True
        anchors = self.of.anchors
        if name != "entry" and self.reply.entry is not None:
            anchors = (*anchors, float(self.reply.entry))
        return any(
            _steps(price, at, step, most)
            for at in anchors
            for step, most in (((self.of.atr or 0) / 2, HALVES), (at / 400, QUARTERS))
        )

    def _figure(self, name: str, value: str) -> bool:
        number = Number.of(value)
        if number.value in self.of.exact:
            values = self.of.named.get(plain(name))
            return values is None or any(map(number.near, values))
        known = self.of.named.get(plain(name))
        if known is not None:
            return number.digits >= LEAST and any(map(number.near, known))
        return self.of.shows(number)

    def _mention(self, mention: Mention, reason: str) -> bool:
        if any(_whole(number) in self.of.counts for number in mention.numbers):
            return True
        return any(
            _whole(number) in COUNTED or self._own(number) or self.of.shows(number)
            for number in mention.numbers
        ) or any(self._beside(number, reason) for number in mention.numbers)

    def _own(self, number: Number) -> bool:
        return number.value in self._stated or self._between.shows(number)

    @cached_property
    def _stated(self) -> frozenset[Decimal]:
        reply = self.reply
        prices = [Decimal(each) for each in (reply.entry, reply.stop, reply.target) if each]
        figures = [abs(Decimal(figure.value)) for figure in reply.figures]
        sure, ahead = Decimal(repr(reply.confidence)), Decimal(reply.horizon_minutes)
        lent = [] if reply.leverage is None else [Decimal(repr(reply.leverage))]
        return frozenset((*prices, *figures, *lent, sure, sure * 100, ahead, ahead / 60))

    @cached_property
    def _between(self) -> Shelf:
        """Distances of its prices to each other, and the gain for the risk."""
        reply, long = self.reply, self.reply.direction == "long"
        entry = float(reply.entry) if reply.entry else (self.of.ask if long else self.of.bid)
        found: list[float] = []
        exits = [float(each) for each in (reply.stop, reply.target) if each]
        for price in exits if entry else ():
            found.extend(distances(price, entry or 0.0, self.of.atr))
        if entry and len(exits) == 2 and exits[0] != entry:
            found.append((exits[1] - entry) / (exits[0] - entry))
        return Shelf.of(found, OWN)

    def _beside(self, number: Number, reason: str) -> bool:
        """Whether it is a figure that the reason names."""
        spaced = f" {reason} "
        return any(
            f" {name} " in spaced and any(_matches(number, value) for value in values)
            for name, values in self.of.named.items()
        )


def _matches(number: Number, value: float) -> bool:
    return number.digits >= LEAST and number.near(value)


def _whole(number: Number) -> int | None:
    return int(number.value) if number.place >= 0 else None


def _steps(price: Number, at: float, step: float, most: int) -> bool:
    """Whether the price is so many steps from `at`, up or down, rounded to its own digits."""
    if step <= 0:
        return False
    count = round(abs(float(price.value) - at) / step)
    return count <= most and (price.near(at + count * step) or price.near(at - count * step))
