"""Which opinions of ai.advice count at a time, and what is told when an advisor has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.strategies.judgment import NO_ADVICE
from schemas.advice import Advice, Opinion
from schemas.decisions import Verdict
from schemas.record import Record
from schemas.signals import Signal
from schemas.system import Severity, SystemEvent

FALLBACK = "fallback"
"""The kind of event that tells that strategies go on without an advisor, or with it again."""


def standing(row: Record | None, now: int) -> Mapping[str, Opinion]:
    """By advisor, the opinions of a market's newest row that are sound and have not expired at
    `now`, ns of the market's time.
    """
    if not isinstance(row, Advice):
        return NO_ADVICE
    return {
        name: one for name, one in row.opinions.items() if one.void is None and now < one.expires
    }


def reached(one: Opinion, signal: Signal, chase: float) -> tuple[bool, bool]:
    """Of an entry: the market is at its stop or target; it is too far beyond its entry price."""
    if one.verdict not in (Verdict.LONG, Verdict.SHORT) or not signal.bid or not signal.ask:
        return False, False
    way = 1 if one.verdict is Verdict.LONG else -1
    out, into = (float(at[0]) for at in (signal.bid, signal.ask)[::way])
    over = bool(one.stop and way * (out - float(one.stop)) <= 0)
    over = over or bool(one.target and way * (out - float(one.target)) >= 0)
    away = bool(one.entry and way * (into / float(one.entry) - 1) > chase / 100)
    return over, away


def turned(
    market: str,
    asked: Mapping[str, tuple[str, ...]],
    heard: Mapping[str, Opinion],
    row: Record | None,
    silent: dict[str, bool],
) -> Iterator[SystemEvent]:
    """What is to be told of advisors that have fallen silent, or speak again, since the last time.

    asked: strategies by the advisor that they ask; heard: the opinions that count (`standing`), of
    the newest row; silent: by advisor, what has been told of it, brought up to date. An advisor
    that speaks from the start on is not told of.
    """
    for name, strategies in asked.items():
        gone, before = name not in heard, silent.get(name)
        silent[name] = gone
        if gone is before or (before is None and not gone):
            continue
        why = _why(row, name) if gone else "it has spoken again"
        yield told(market, name, strategies, gone, why)


def told(market: str, name: str, strategies: tuple[str, ...], gone: bool, why: str) -> SystemEvent:
    """The event of an advisor that has no word, or has one again: `why`."""
    one, how = len(strategies) == 1, "without it" if gone else "with it again"
    who = f"{'strategy' if one else 'strategies'} {', '.join(strategies)} go{'es' * one} on"
    return SystemEvent(
        key="",
        stage="decisions",
        severity=Severity.WARNING if gone else Severity.INFO,
        kind=FALLBACK,
        text=f"{market}: advisor {name}: {why}; {who} {how}",
        facts={
            "advisor": name,
            "market": market,
            "state": "silent" if gone else "back",
            "why": why,
            "strategies": ", ".join(strategies),
        },
    )


def _why(row: Record | None, name: str) -> str:
    """Why an advisor has no opinion that counts."""
    last = row.opinions.get(name) if isinstance(row, Advice) else None
    if last is None:
        return "it has said nothing yet"
    return "its last word has expired" if last.void is None else f"its answer is void, {last.void}"
