"""The numbers of a briefing: what the figures of an advice may be, or be made of.

A briefing is JSON with any nesting of names and numbers. Named beside that: symbol, now, bid
and ask (price, quantity), atr, last, bars (rows of open, high, low, close, volume). Texts are
hostile: no number in them counts; nor do times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from engine.advice.shelf import Number, Shelf

DIRECT, DERIVED, CHANGED = 0.04, 0.045, 0.01
"""Shares (engine.advice.shelf) of numbers that are copied, of those that are made of two, and of
changes since the close of each bar.
"""
HIDDEN = frozenset({"v", "now", "time", "signal", "texts"})
"""Names under which no number is a figure."""
DUE = "_time", "_due"
NEAR = 1.2
"""Factor to the mid within which a number counts as a price."""
_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,2})?").fullmatch
_FIGURE = re.compile(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?(?![\w.])")
_COUNT = re.compile(r"[0-9]{1,6}")


class Leaf(NamedTuple):
    """A number of the briefing. name: the last name above it, as words; "" in a list."""

    name: str
    value: Decimal
    single: bool


def plain(name: str) -> str:
    """A name as words: `sma_fast`, `SMA-fast` and `sma fast` are one."""
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))


@dataclass(frozen=True)
class Grounds:
    """One briefing's numbers; made once, asked often."""

    shown: Mapping[str, Any]

    @property
    def symbol(self) -> str:
        """The market's symbol."""
        return str(self.shown["symbol"])

    @property
    def now(self) -> int:
        """The market's time of the question, ns."""
        return int(self.shown["now"])

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every number that counts."""
        return tuple(_leaves(self.shown, "", True))

    @cached_property
    def exact(self) -> frozenset[Decimal]:
        """As they are written, without sign."""
        return frozenset(abs(leaf.value) for leaf in self.leaves)

    @cached_property
    def named(self) -> Mapping[str, tuple[float, ...]]:
        """Those that are there once by their name, by it."""
        found: dict[str, list[float]] = {}
        for leaf in self.leaves:
            if leaf.name and leaf.single:
                found.setdefault(leaf.name, []).append(abs(float(leaf.value)))
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def counts(self) -> frozenset[int]:
        """Whole numbers in names and words (`sma_20`, `1m`), and how long the lists are."""
        return frozenset(_counts(self.shown, ""))

    @cached_property
    def bid(self) -> float | None:
        """Best price of the book, None where there is none."""
        return _first(self.shown.get("bid"))

    @cached_property
    def ask(self) -> float | None:
        """See `bid`."""
        return _first(self.shown.get("ask"))

    @cached_property
    def mid(self) -> float | None:
        """Between both."""
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / 2

    @cached_property
    def atr(self) -> float | None:
        """In quote, None where it is not known or zero."""
        return _first(self.shown.get("atr")) or None

    @cached_property
    def anchors(self) -> tuple[float, ...]:
        """What "the price" may be: mid, bid, ask, and the last trade."""
        last = _first(self.shown.get("last"))
        return tuple(each for each in (self.mid, self.bid, self.ask, last) if each)

    @cached_property
    def direct(self) -> Shelf:
        """All of them."""
        return Shelf.of((float(leaf.value) for leaf in self.leaves), DIRECT)

    @cached_property
    def derived(self) -> Shelf:
        """What is made of two of them: see `_derived`."""
        return Shelf.of(_derived(self), DERIVED)

    @cached_property
    def changed(self) -> Shelf:
        """Changes from each bar's close to the market."""
        closes = [row[3] for row in self.bars]
        changes = (distances(at, close, self.atr) for close in closes for at in self.market)
        return Shelf.of((each for some in changes for each in some), CHANGED)

    def shows(self, number: Number) -> bool:
        """Whether a number is in it as it is written, or fits what is in it or made of it."""
        shelves = (self.direct, self.derived, self.changed)
        return number.value in self.exact or any(shelf.shows(number) for shelf in shelves)

    @cached_property
    def market(self) -> tuple[float, ...]:
        """Where it stands: the mid, and the last close."""
        closes = (self.bars[-1][3],) if self.bars else ()
        return ((self.mid,) if self.mid else ()) + closes

    @cached_property
    def prices(self) -> tuple[float, ...]:
        """Numbers there once that may be prices, and open, high and low of the bars together."""
        if self.mid is None:
            return ()
        low, high = self.mid / NEAR, self.mid * NEAR
        single = {float(leaf.value) for leaf in self.leaves if leaf.single}
        found = single | set(window(self.bars)) | set(self.bars[-1] if self.bars else ())
        return tuple(sorted(each for each in found if low < each < high))

    @cached_property
    def bars(self) -> tuple[tuple[float, ...], ...]:
        """Open, high, low, close and volume of each bar that has them, oldest first."""
        rows = self.shown.get("bars")
        found = []
        for row in rows if isinstance(rows, Sequence) else ():
            values = [_first(row.get(name)) for name in FIELDS] if isinstance(row, Mapping) else []
            if values and all(value is not None for value in values):
                found.append(tuple(value for value in values if value is not None))
        return tuple(found)


FIELDS = "open", "high", "low", "close", "volume"


@lru_cache(maxsize=8)
def grounds(briefing: str) -> Grounds:
    """Of a briefing's canonical JSON; ValueError if it is no JSON object."""
    shown = json.loads(briefing, parse_float=Decimal)
    if not isinstance(shown, dict) or not {"symbol", "now"} <= shown.keys():
        raise ValueError("a briefing is a JSON object with a symbol and the time")
    return Grounds(shown)


def _leaves(value: Any, name: str, single: bool) -> Iterator[Leaf]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in HIDDEN and not key.endswith(DUE):
                yield from _leaves(each, name if key == "value" else plain(key), single)
    elif isinstance(value, list):
        first = name in ("bid", "ask") and len(value) == 2
        for place, each in enumerate(value):
            yield from _leaves(each, name if first and not place else "", single and first)
    elif isinstance(value, str) and not _DECIMAL(value):
        if name == "":
            yield from (Leaf("", Decimal(each), False) for each in _FIGURE.findall(value))
    elif isinstance(value, int | Decimal | str) and not isinstance(value, bool):
        yield Leaf(name, Decimal(value), single)


def _counts(value: Any, name: str) -> Iterator[int]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key not in HIDDEN:
                yield from map(int, _COUNT.findall(key))
                yield from _counts(each, key)
    elif isinstance(value, list):
        yield len(value)
        for each in value:
            yield from _counts(each, "") if isinstance(each, Mapping) else ()
    elif isinstance(value, str) and name in ("interval", "symbol"):
        yield from map(int, _COUNT.findall(value))


def _first(value: Any) -> float | None:
    """A number, or the first of a list, above zero; None where there is none."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str) and not _DECIMAL(value):
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    number = float(value)
    return number if number >= 0 else None


def window(bars: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """First open, highest high and lowest low of bars."""
    if not bars:
        return ()
    return bars[0][0], max(row[1] for row in bars), min(row[2] for row in bars)


def _derived(of: Grounds) -> Iterator[float]:
    """Distances of prices to the market; spans; ratios of what belongs together."""
    for at in of.market:
        for price in of.prices:
            yield from distances(price, at, of.atr)
    yield from of.market
    yield from _of_book(of)
    yield from _of_bars(of)
    yield from _of_names(of)
    if of.atr and of.mid:
        yield from (of.atr / of.mid * 100, of.atr / of.mid * 1e4)


def distances(price: float, at: float, atr: float | None) -> Iterator[float]:
    """Between two prices: in quote, in percent and basis points of the second, and in ATRs."""
    away = price - at
    yield away
    if at:
        yield away / at * 100
        yield away / at * 1e4
    if atr:
        yield away / atr


def _of_book(of: Grounds) -> Iterator[float]:
    if of.bid and of.ask:
        yield from distances(of.ask, of.bid, of.atr)
        bids, asks = _quantity(of, "bid"), _quantity(of, "ask")
        if bids and asks:
            yield from (bids / asks, asks / bids, (bids - asks) / (bids + asks), bids + asks)


def _quantity(of: Grounds, side: str) -> float | None:
    """At the best price of a side: beside it, or by its own name."""
    level = of.shown.get(side)
    return _first(level[1:] if isinstance(level, list) else of.shown.get(f"{side}_quantity"))


def _of_bars(of: Grounds) -> Iterator[float]:
    """The whole window, and the last bar."""
    if not of.bars:
        return
    first, high, low = window(of.bars)
    last = of.bars[-1]
    yield from distances(high, low, of.atr)
    yield from distances(last[3], first, of.atr)
    yield from distances(last[3], last[0], of.atr)
    yield from distances(last[1], last[2], of.atr)
    for before, after in pairwise(of.bars[-3:]):
        yield from distances(after[3], before[3], of.atr)
    volumes = [row[4] for row in of.bars]
    yield from (sum(volumes), sum(volumes) / len(volumes))
    if sum(volumes):
        yield last[4] * len(volumes) / sum(volumes)


def _of_names(of: Grounds) -> Iterator[float]:
    """Between figures whose names differ by fast and slow, upper and lower, mark and index."""
    for name, (value, *_) in of.named.items():
        for one, other in PAIRED:
            if one in name.split():
                twin = of.named.get(plain(name.replace(one, other)))
                if twin:
                    yield from distances(value, twin[0], of.atr)
    mark, index = of.named.get("mark"), of.named.get("index price")
    if mark and index:
        yield from distances(mark[0], index[0], of.atr)


PAIRED = ("fast", "slow"), ("upper", "lower")
