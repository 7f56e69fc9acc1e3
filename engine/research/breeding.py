"""How a search makes one declaration of others: mutation, crossover, and the mirror of a side.

A declaration is bred by its long half: its conditions, stop, target and time; the short half is the
long one's mirror, or is not there. Nothing here is random: what looks so is derived from a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from engine.indicators import rounded
from engine.research.spaces import share
from engine.research.templates import ADDED
from engine.strategies.conditions import (
    CROSSINGS,
    MOST_BARS,
    WIDTH,
    Comparison,
    Condition,
    Group,
    Operand,
    Value,
    read,
    written,
)

T = TypeVar("T")

PRICES = (
    "close", "ema_fast", "ema_slow", "sma_fast", "sma_slow",
    "bollinger_upper", "bollinger_middle", "bollinger_lower",
)  # fmt: skip
CENTRES: Mapping[str, float] = {
    "rsi": 50.0, "macd": 0.0, "macd_signal": 0.0, "macd_histogram": 0.0,
    "features.bollinger_position": 0.5, "features.momentum_z": 0.0, "features.rsi": 0.0,
    "features.ema_gap_atr": 0.0, "features.macd_histogram_atr": 0.0,
}  # fmt: skip
"""Values that tell a side, and the middle about which their mirror lies."""

OPPOSITES: Mapping[str, str] = {
    "highest": "lowest", "lowest": "highest",
    "bollinger_upper": "bollinger_lower", "bollinger_lower": "bollinger_upper",
    ">": "<", "<": ">", ">=": "<=", "<=": ">=",
    "crosses above": "crosses below", "crosses below": "crosses above",
}  # fmt: skip


@dataclass
class Chance:
    """Numbers that look random and are derived from a seed and a name, one after the other."""

    seed: int
    name: str
    drawn: int = 0

    def share(self) -> float:
        """From 0 on, below 1."""
        self.drawn += 1
        return share(self.seed, self.drawn, self.name)

    def of(self, given: Sequence[T]) -> T:
        """One of several."""
        return given[int(self.share() * len(given))]

    def between(self, low: float, high: float) -> float:
        """A number, each length as likely."""
        return low + self.share() * (high - low)


def mirrored(condition: Condition) -> Condition:
    """The condition of the other side: up for down, about the middle of what it compares. What
    tells no side (a volume, a volatility) stays."""
    if isinstance(condition, Group):
        return Group(condition.word, tuple(map(mirrored, condition.of)))
    named = [each for each in (condition.left, condition.right) if isinstance(each, Value)]
    centres = [_centre(each.name) for each in named]
    if None in centres:
        return condition
    left, right = (_other(each, centres[0] or 0.0) for each in (condition.left, condition.right))
    away = -condition.away + 0.0
    return replace(
        condition, left=left, right=right, sign=OPPOSITES[condition.sign], away=away
    )  # fmt: skip


def _centre(name: str) -> float | None:
    """Prices have any: a price is compared with prices, which are turned with it."""
    return 0.0 if name in PRICES else CENTRES.get(name)


def _other(side: Operand, centre: float) -> Operand:
    if isinstance(side, Value):
        over: Any = OPPOSITES.get(side.over, side.over)
        return Value(OPPOSITES.get(side.name, side.name), over, side.bars)
    return rounded(2 * centre - side)


def paired(half: Mapping[str, Any], both: bool) -> dict[str, Any]:
    """A long half with its mirror, where it has both sides."""
    whole = dict(half)
    if both:
        for name in ("long", "leave_long"):
            if name in half:
                whole[name.replace("long", "short")] = written(mirrored(read(half[name])))
    return whole


def half_of(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The long half."""
    return {name: value for name, value in declared.items() if "short" not in name}


def crossed(one: Mapping[str, Any], other: Mapping[str, Any], chance: Chance) -> dict[str, Any]:
    """A half whose parts are each of one of two."""
    names = sorted({*one, *other} - {"about"})
    picked = {name: chance.of((one, other)).get(name) for name in names}
    picked["long"] = picked.get("long") or one["long"]
    picked["stop_atr"] = picked.get("stop_atr") or one.get("stop_atr") or 2.0
    return {name: value for name, value in picked.items() if value is not None}


def mutated(half: Mapping[str, Any], chance: Chance) -> dict[str, Any]:
    """A half with one thing about it changed."""
    made = dict(half)
    chance.of((_entry, _entry, _exit, _grown, _stop, _target, _time))(made, chance)
    return made


Change = Callable[[dict[str, Any], Chance], None]


def _entry(half: dict[str, Any], chance: Chance) -> None:
    half["long"] = written(_changed(read(half["long"]), chance))


def _exit(half: dict[str, Any], chance: Chance) -> None:
    """Another one, or none where a stop, a target or time end it."""
    if "leave_long" in half and chance.share() < 0.8:
        half["leave_long"] = written(_changed(read(half["leave_long"]), chance))
    elif "leave_long" in half:
        del half["leave_long"]
    else:
        half["leave_long"] = written(mirrored(read(chance.of(ADDED))))


def _grown(half: dict[str, Any], chance: Chance) -> None:
    """A comparison more in the entry, or one less."""
    entry = read(half["long"])
    parts = entry.of if isinstance(entry, Group) and entry.word == "all" else (entry,)
    if len(parts) > 1 and chance.share() < 0.5:
        gone = int(chance.share() * len(parts))
        parts = tuple(each for place, each in enumerate(parts) if place != gone)
    elif len(parts) < WIDTH:
        parts = (*parts, _changed(read(chance.of(ADDED)), chance))
    half["long"] = written(Group("all", parts) if len(parts) > 1 else parts[0])


def _stop(half: dict[str, Any], chance: Chance) -> None:
    half["stop_atr"] = _scaled(half.get("stop_atr", 2.0), chance, 0.5, 10)


def _target(half: dict[str, Any], chance: Chance) -> None:
    if "target_atr" in half and chance.share() < 0.3:
        del half["target_atr"]
    else:
        half["target_atr"] = _scaled(half.get("target_atr", 4.0), chance, 0.5, 30)


def _time(half: dict[str, Any], chance: Chance) -> None:
    if "most_bars" in half and chance.share() < 0.3:
        del half["most_bars"]
    else:
        half["most_bars"] = int(_scaled(half.get("most_bars", 24), chance, 2, 500))


def _scaled(value: float, chance: Chance, low: float, high: float) -> float:
    """Times a factor from 1/2 to 2, to two digits."""
    factor = 2 ** chance.between(-1, 1)
    return float(f"{min(max(value * factor, low), high):.2g}")


def _changed(condition: Condition, chance: Chance) -> Condition:
    """One of its comparisons changed."""
    if isinstance(condition, Group):
        place = int(chance.share() * len(condition.of))
        parts = tuple(
            _changed(each, chance) if n == place else each for n, each in enumerate(condition.of)
        )
        return Group(condition.word, parts)
    kind = chance.share()
    if kind < 0.6:
        return _tuned(condition, chance)
    if kind < 0.8:
        return replace(condition, left=_renamed(condition.left, chance))
    if kind < 0.9 and condition.sign not in CROSSINGS:
        return replace(condition, bars=1 + int(chance.share() * 5))
    return replace(condition, sign=OPPOSITES[condition.sign])


def _tuned(of: Comparison, chance: Chance) -> Comparison:
    """Its number, its distance, or the bars that it looks back on."""
    if not isinstance(of.right, Value):
        centre = CENTRES.get(of.left.name, 0.0) if isinstance(of.left, Value) else 0.0
        off = of.right - centre or 1.0
        return replace(of, right=float(f"{centre + off * chance.between(0.5, 1.6):.3g}") + 0.0)
    if of.right.over and (not of.unit or chance.share() < 0.5):
        bars = int(_scaled(of.right.bars, chance, 1, MOST_BARS))
        return replace(of, right=replace(of.right, bars=bars))
    if isinstance(of.right, Value) and of.right.name in PRICES:
        away = float(f"{of.away + chance.between(-1, 1):.2g}") + 0.0
        return replace(of, away=away, unit=of.unit or "atr")
    return replace(of, right=_renamed(of.right, chance))


def _renamed(side: Operand, chance: Chance) -> Operand:
    """Another price for a price; what is no price stays."""
    if isinstance(side, Value) and side.name in PRICES:
        return replace(side, name=chance.of(PRICES))
    return side
