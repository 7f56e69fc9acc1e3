"""The cheap part of the strategies' contract, tried on a class before it is let in.

What it cannot see (a judgment that rests on the clock once a day, say) shows in `tapeline verify`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from math import isfinite, sin
from typing import Any

from engine.strategies.advisor import Advisor, AdvisorSettings
from engine.strategies.judgment import Context, Judgment
from engine.strategies.strategy import advice_of
from schemas.advice import Opinion
from schemas.decisions import Verdict
from schemas.record import symbol_of, venue_of
from schemas.signals import ConsolidatedBook, Signal, Touch, VenueBook, VenueState
from schemas.ticks import BookState, Level

SECOND = 1_000_000_000
BARS, WARM = 160, 15
"""Contexts that a class is tried on: waves around 100, the first ones while all warms up."""

RESTART = 30
"""Contexts after which another instance goes on."""


class Broken(TypeError):
    """What a class does against the contract, in one line."""


NEEDED = ("initial", "judge", "dump", "load", "books", "settings_type")
INDICATORS = (
    "close", "rsi", "macd", "macd_signal", "macd_histogram", "bollinger_upper", "bollinger_middle",
    "bollinger_lower", "sma_fast", "sma_slow", "ema_fast", "ema_slow", "atr",
)  # fmt: skip


def settings_of(kind: Any) -> type[AdvisorSettings]:
    """The settings' class of a strategy's class; raises Broken where it is none."""
    lacking = [name for name in NEEDED if not hasattr(kind, name)]
    lacking += sorted(getattr(kind, "__abstractmethods__", ()))
    if not isinstance(kind, type) or lacking:
        raise Broken(f"it is no strategy: it lacks {', '.join(lacking) or 'a class'}")
    found = kind.settings_type  # type: ignore[attr-defined]
    if not isinstance(found, type) or not issubclass(found, AdvisorSettings):
        raise Broken("its settings_type is no class of AdvisorSettings")
    return found


def trial(make: Callable[[], Advisor[Any]], market: str) -> None:
    """Judge a made-up market twice; raises Broken, or what the strategy raises.

    make: gives a new one. Beside the first one, others judge by a state that goes through JSON at
    every context, and each goes on where the last one was, as after a restart.
    """
    one, twin = make(), make()
    symbols, asked = one.books(market), advice_of(one, market)
    for name, given in (("books", symbols), ("advice", asked)):
        if not isinstance(given, tuple) or not all(isinstance(each, str) for each in given):
            of = "symbols" if name == "books" else "advisors"
            raise Broken(f"{name} must give a tuple of {of}")
    state, again = one.initial(), twin.initial()
    for n, context in enumerate(contexts(market, symbols, asked)):
        said = one.judge(state, context)
        _check(said)
        if n % RESTART == 0:
            twin = make()
        again = twin.load(_through_json(twin.dump(again)))
        if twin.judge(again, context) != said:
            raise Broken("it says otherwise when its state has been through dump and load")


def _check(said: Any) -> None:
    if not isinstance(said, Judgment):
        raise Broken(f"judge must give a Judgment, not {type(said).__name__}")
    if said.verdict not in Verdict or said.verdict is Verdict.REFUSED:
        raise Broken(f"it cannot say {said.verdict}")
    if not (isfinite(said.confidence) and 0 <= said.confidence <= 1):
        raise Broken(f"its confidence {said.confidence} is not from 0 to 1")
    said.vote("trial", 1.0)


def _through_json(dumped: Any) -> Any:
    try:
        return json.loads(json.dumps(dumped, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Broken(f"its state is not JSON: {error}") from error


def contexts(
    market: str, symbols: tuple[str, ...], asked: tuple[str, ...] = ()
) -> Iterator[Context]:
    """A made-up market, the same each time."""
    for n in range(BARS):
        close = 100 + 5 * sin(n / 4) + n % 3 / 10
        known = n >= WARM
        books = {symbol: _book(market, symbol, n, close) for symbol in symbols}
        now, signal = n * SECOND, _signal(market, n, close, known)
        advice = {name: _opinion(name, n, close) for name in asked if known and n % 12 > 1}
        yield Context(market, now, signal, books if known else {}, advice)


def _signal(market: str, n: int, close: float, known: bool) -> Signal:
    waves = {name: close + 2 * sin(n / 9 + i) for i, name in enumerate(INDICATORS)}
    values = {**waves, "rsi": 50 + 45 * sin(n / 4), "atr": 0.5} if known else {}
    bid, ask = _touch(close)
    return Signal(
        seq=n, key=market, venue=venue_of(market), symbol=symbol_of(market), seen_time=n * SECOND,
        fresh=n % 2 == 0, bar_time=n * SECOND, indicators={**values, "close": close},
        micro={"pressure_5s": sin(n / 3)} if known else {},
        features={"momentum_z": 2 * sin(n / 5)} if known else {},
        book=BookState.OK, bid=bid, ask=ask,
    )  # fmt: skip


def _book(market: str, symbol: str, n: int, close: float) -> ConsolidatedBook:
    """Of two venues: the market's own around `close`, and another in waves and leaps about it."""
    phase = sum(map(ord, symbol))
    away = 0.01 * sin(n / 6 + phase) + (0.1 * (phase % 3) if n % 50 == 0 else 0)
    mids = {venue_of(market): close, "other": close * (1 + away)}
    quotes = {each: _touch(mid) for each, mid in mids.items()}
    venues = tuple(
        VenueBook(
            venue=each, state=VenueState.OK, tick=n, fresh=n * SECOND, heard=n * SECOND,
            bid=bid, ask=ask,
        )
        for each, (bid, ask) in sorted(quotes.items())
    )  # fmt: skip
    buyer, seller = max(mids, key=mids.__getitem__), min(mids, key=mids.__getitem__)
    bid, ask = quotes[buyer][0], quotes[seller][1]
    return ConsolidatedBook(
        seq=n, key=symbol, symbol=symbol, now=n * SECOND, seen_time=n * SECOND,
        bid=bid, ask=ask, bid_venues=(buyer,), ask_venues=(seller,), venues=venues,
        bids=((*bid, buyer),), asks=((*ask, seller),),
        touch=Touch.NORMAL if float(bid[0]) < float(ask[0]) else Touch.CROSSED,
    )  # fmt: skip


def _opinion(name: str, n: int, close: float) -> Opinion:
    """A new one every 12 contexts: long, short, to leave, to hold."""
    verdict = (Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD)[n // 12 % 4]
    since, away = n // 12 * 12 + 2, {Verdict.LONG: 9, Verdict.SHORT: -9}.get(verdict)
    prices = {"stop": f"{close - away:.2f}", "target": f"{close + away:.2f}"} if away else {}
    return Opinion(
        advisor=name, verdict=verdict, confidence=0.75, horizon=9 * SECOND, since=since * SECOND,
        expires=(since + 9) * SECOND, reasons=("made up",), **prices,
    )  # fmt: skip


def _touch(mid: float) -> tuple[Level, Level]:
    return (f"{mid - 0.05:.2f}", "3"), (f"{mid + 0.05:.2f}", "2")
