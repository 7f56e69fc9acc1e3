"""How near positions are to liquidation, and how much of an account's money is bound.

    state = Watching()
    told = look(state, positions, balances, now, settings)

The runner looks every 60 s and on every private event, so what is told once is not told again until
it has become better or worse; a reduction is given again while the distance stays too small, no
sooner than `settings.again` after the last.

The distance is a share of the mark: (mark - liquidation) / mark for a long position, with the other
sign for a short one, zero where the mark is at the liquidation price or beyond. What is bound is
1 - free / total of a currency's balance. Both are reckoned with 40 digits and told with 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.margin import DIVISION
from engine.protection.state import SECOND

ZERO, ONE = Decimal(0), Decimal(1)
TOLD = Context(prec=12, rounding=ROUND_HALF_EVEN)

Level = Literal["ok", "warn", "reduce"]


class WatchSettings(BaseModel):
    """warn, reduce: distances to liquidation at which a person is warned, and at which `share` of
    the position is closed; bound: share of a balance that may be bound. again: ns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warn: Decimal = Field(default=Decimal("0.15"), ge=0, le=1)
    reduce: Decimal = Field(default=Decimal("0.05"), ge=0, le=1)
    share: Decimal = Field(default=Decimal("0.5"), gt=0, le=1)
    bound: Decimal = Field(default=Decimal("0.8"), gt=0, le=1)
    again: int = Field(default=10 * SECOND, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> WatchSettings:
        if self.reduce > self.warn:
            raise ValueError("reduce is a smaller distance than warn")
        return self


WATCH = WatchSettings()


@dataclass(frozen=True, slots=True)
class Position:
    """quantity: signed; mark and liquidation: prices, None where there is none."""

    symbol: str
    quantity: Decimal
    mark: Decimal | None
    liquidation: Decimal | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Money that positions are settled in."""

    currency: str
    total: Decimal
    free: Decimal


@dataclass(frozen=True, slots=True)
class Warned:
    """of: a symbol, or a currency; value: the distance, or what is bound; limit: what it passed.
    better: it is not so any more."""

    of: str
    what: Literal["liquidation", "margin"]
    value: Decimal
    limit: Decimal
    better: bool = False


@dataclass(frozen=True, slots=True)
class Reduce:
    """Close that share of the position; all, where the venue's steps leave no such share."""

    symbol: str
    share: Decimal
    distance: Decimal


Told = Warned | Reduce


@dataclass(slots=True)
class Watching:
    """What was told. levels: by symbol or currency; reduced: ns of the last reduction by symbol."""

    levels: dict[str, Level] = field(default_factory=dict)
    reduced: dict[str, int] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """As JSON values."""
        return {"levels": dict(self.levels), "reduced": dict(self.reduced)}

    @classmethod
    def load(cls, row: dict[str, Any]) -> Watching:
        """What `dump` gave."""
        return cls(dict(row.get("levels", {})), dict(row.get("reduced", {})))


def look(
    state: Watching, positions: Iterable[Position], balances: Iterable[Balance], now: int,
    settings: WatchSettings = WATCH,
) -> list[Told]:  # fmt: skip
    """What is to be said and done now; all positions of the account and the money they settle in.

    A position that is not there any more is forgotten.
    """
    held = [each for each in positions if each.quantity]
    there = {each.symbol for each in held}
    money = list(balances)
    known = there | {each.currency for each in money}
    state.levels = {name: level for name, level in state.levels.items() if name in known}
    state.reduced = {name: at for name, at in state.reduced.items() if name in there}
    told: list[Told] = []
    for position in held:
        told += _near(state, position, now, settings)
    for balance in money:
        told += _bound(state, balance, settings)
    return told


def distance(position: Position) -> Decimal | None:
    """To liquidation, as a share of the mark; None where it cannot be said."""
    mark, liquidation = position.mark, position.liquidation
    if mark is None or liquidation is None or mark <= 0:
        return None
    above, below = (mark, liquidation) if position.quantity > 0 else (liquidation, mark)
    way = DIVISION.subtract(above, below)
    return TOLD.plus(DIVISION.divide(max(way, ZERO), mark))


def bound(balance: Balance) -> Decimal:
    """Share of a balance that orders and positions hold: 1 where nothing is left."""
    if balance.total <= 0 or balance.free <= 0:
        return ONE if balance.total or balance.free else ZERO
    free = min(balance.free, balance.total)
    return TOLD.plus(DIVISION.subtract(ONE, DIVISION.divide(free, balance.total)))


def _near(state: Watching, position: Position, now: int, settings: WatchSettings) -> Iterator[Told]:
    far = distance(position)
    if far is None:
        return
    level: Level = "ok" if far > settings.warn else "warn" if far > settings.reduce else "reduce"
    limit = settings.reduce if level == "reduce" else settings.warn
    if _changes(state, position.symbol, level):
        yield Warned(position.symbol, "liquidation", far, limit, level == "ok")
    last = state.reduced.get(position.symbol)
    if level == "reduce" and (last is None or now >= last + settings.again):
        state.reduced[position.symbol] = now
        yield Reduce(position.symbol, settings.share, far)


def _bound(state: Watching, balance: Balance, settings: WatchSettings) -> Iterator[Told]:
    used = bound(balance)
    level: Level = "warn" if used >= settings.bound else "ok"
    if _changes(state, balance.currency, level):
        yield Warned(balance.currency, "margin", used, settings.bound, level == "ok")


def _changes(state: Watching, name: str, level: Level) -> bool:
    """Whether the level is another one than was told."""
    before = state.levels.get(name, "ok")
    state.levels[name] = level
    return before != level
