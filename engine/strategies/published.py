"""Which values of a signal a declaration may name: those that the signals stage publishes.

A bare name is looked up among indicators, then microstructure, then features, then the signal's
own; one of several rooms is told apart by its room, as "features.rsi" (-1 to 1) from "rsi" (0 to
100). Names with a period or a distance in them are known for every period and distance, since the
settings of the signals say which are made; one that is not made is not known at any bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache, lru_cache

from engine import features
from engine.features import FeatureSettings
from engine.indicators import WARMING, IndicatorSettings, Window
from engine.microstructure import MicroSettings, Microstructure
from schemas.signals import Signal

Look = Callable[[Signal], float | None]

OWN: dict[str, Look] = {
    "strength": lambda signal: signal.strength,
    "buy_score": lambda signal: float(signal.buy_score),
    "sell_score": lambda signal: float(signal.sell_score),
}
"""Of the scores."""

NUMBER = r"[1-9]\d{0,3}"
FAMILIES = {
    "features": re.compile(rf"log_return_{NUMBER}", re.ASCII),
    "micro": re.compile(
        rf"(buy_volume|sell_volume|pressure|trade_rate)_{NUMBER}(ns|s|m|h|d)"
        rf"|book_imbalance_{NUMBER}|(bid_depth|ask_depth|depth_imbalance)_{NUMBER}bps",
        re.ASCII,
    ),
}
"""Names that the settings of the signals make more of."""

ROOMS = ("indicators", "micro", "features")


class Unknown(ValueError):
    """A name that no signal has."""


@cache
def rooms() -> dict[str, tuple[str, ...]]:
    """The names of each room, under the default settings of the signals, in order."""
    window = Window(IndicatorSettings().window)
    micro = Microstructure(MicroSettings()).names
    of_bars = features.of_bars(window, dict(WARMING), None, FeatureSettings())
    return {
        "indicators": tuple(WARMING),
        "micro": micro,
        "features": (*of_bars, *features.moment_names(micro)),
    }


@cache
def names() -> tuple[str, ...]:
    """All bare names, in order; where two rooms have one, it is there once."""
    found = [name for room in ROOMS for name in rooms()[room]]
    return tuple(dict.fromkeys([*found, *OWN]))


@lru_cache(maxsize=4096)
def room_of(name: str) -> str:
    """Where a name, bare or with its room, is looked up; Unknown tells the nearest known one."""
    room, dot, bare = name.rpartition(".")
    for each in (room,) if dot else ROOMS:
        known = rooms().get(each, ())
        family = FAMILIES.get(each)
        if bare in known or (family is not None and family.fullmatch(bare)):
            return each
    if name in OWN:
        return ""
    every = [*names(), *(f"{each}.{one}" for each in ROOMS for one in rooms()[each])]
    near = get_close_matches(name, every, 1, 0.0)
    raise Unknown(f"no value is called {name}: the nearest is {near[0]}")


def look(name: str) -> Look:
    """What finds a value by its name in a signal: None while it is not known."""
    room, bare = room_of(name), name.rpartition(".")[2]
    if not room:
        return OWN[name]
    return lambda signal: getattr(signal, room).get(bare)


def of_bars(name: str) -> bool:
    """Whether a value moves with bars alone and is there in a backtest of columns, which computes
    no microstructure and no features."""
    return room_of(name) in ("indicators", "")
