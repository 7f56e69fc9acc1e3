"""What is looked for on the topics of a trial: orders outside limits, and who fell silent where.

The limits are worked out here from the records alone; no code of the gate or the bounds is shared.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from statistics import median

from schemas.advice import Advice
from schemas.decisions import Decision, Verdict
from schemas.orders import Intent, OrderDecision
from schemas.portfolio import Portfolio
from schemas.system import SystemEvent
from tests.chaos.advice.spec import WEATHER, Spec

Windows = list[tuple[float, float, bool]]
"""From, to (ms of record time), and whether the advice stage ran."""
RISK = {"risk_per_trade": "0.01", "leverage": "5", "minimum_strength": "0"}
"""The account's limits in a trial."""
NOTIONAL = Decimal(1000)
_SAID = re.compile(r"^(council|herald)-\w+ said ")


def broken(order: OrderDecision, decision: Decision, most: Decimal) -> Iterator[str]:
    """Limits that an opening order breaks; most: equity that the account ever had."""
    command = order.command
    if command is None or command.intent is not Intent.OPEN:
        return
    long, quantity = command.side == "buy", Decimal(command.quantity)
    entry, stop = Decimal(decision.entry or 0), Decimal(command.stop or 0)
    against = (entry - stop) * (1 if long else -1)
    bid, ask = (
        Decimal(level[0]) for level in (decision.bid or ("0", ""), decision.ask or ("0", ""))
    )
    if (command.venue, command.symbol) != (decision.venue, decision.symbol):
        yield "another market"
    if decision.verdict is not (Verdict.LONG if long else Verdict.SHORT):
        yield "another side than decided"
    if quantity <= 0 or quantity * entry > NOTIONAL * Decimal("1.001"):
        yield "too large"
    if stop <= 0 or against <= 0 or against > entry / 10:
        yield "no stop on its side"
    if quantity * against > most * Decimal(RISK["risk_per_trade"]):
        yield "too much at risk"
    if Decimal(command.contract.leverage) > Decimal(RISK["leverage"]):
        yield "lent too much"
    if not bid * Decimal("0.99") <= entry <= ask * Decimal("1.01"):
        yield "far from the market"
    target = Decimal(command.target or 0)
    if target <= 0 or (target - entry) * (1 if long else -1) <= 0:
        yield "no target on its side"


def outside(
    orders: list[OrderDecision], decisions: list[Decision], portfolio: list[Portfolio]
) -> list[str]:
    """Every limit that any order breaks, with its market and sequence."""
    worth = [Decimal(each.equity) for each in portfolio if each.equity is not None]
    by_id, most = {each.id: each for each in decisions}, max(worth, default=Decimal(0))
    return [
        f"{what}: {order.key} {order.seq}"
        for order in orders
        if order.outcome == "approved" and order.origin == "strategy" and order.cause in by_id
        for what in broken(order, by_id[order.cause], most)
    ]


LIES = frozenset(
    [
        "too_long",
        "not_json",
        "wrong_schema",
        "other_symbol",
        "stale",
        "out_of_range",
        "leverage",
        "wrong_side",
        "stop_distance",
        "ungrounded",
    ]
)
"""What is found in a reply; all else is that there was none."""


def answers(advice: list[Advice]) -> dict[str, Counter[str]]:
    """By weather, how often each fault was found; "sound" where there is none."""
    found: dict[str, Counter[str]] = {weather: Counter() for weather in WEATHER.values()}
    for each in advice:
        found[WEATHER[each.key]][str(each.opinion.void or "sound")] += 1
    return found


def heard(decisions: list[Decision]) -> Counter[str]:
    """By weather, decisions in which an opinion of an advisor has a vote."""
    return Counter(
        WEATHER[each.key]
        for each in decisions
        if each.key in WEATHER and any(_SAID.match(r) for v in each.votes for r in v.reasons)
    )


def fallbacks(events: list[SystemEvent]) -> dict[str, Counter[str]]:
    """By weather, how often an advisor fell silent there, and was back."""
    found: dict[str, Counter[str]] = {weather: Counter() for weather in WEATHER.values()}
    for each in events:
        if each.kind == "fallback":
            found[WEATHER[each.facts["market"]]][each.facts["state"]] += 1
    return found


def latencies(
    began: Mapping[tuple[str, int], float], done: list[tuple[tuple[str, int], float]],
    windows: Windows, spec: Spec,
) -> dict[str, float]:  # fmt: skip
    """ms from a raw record to what came of it, of the windows with the advice stage and without:
    medians of the windows' medians, their ratio with what chance makes of it, and 99th percentiles.
    """
    parts: dict[bool, list[list[float]]] = {True: [], False: []}
    for start, end, on in windows:
        low = start + spec.settle * 1000
        took = [at - began[key] for key, at in done if low <= began.get(key, 0.0) < end]
        if len(took) >= 20:
            parts[on].append(sorted(took))
    if not (parts[True] and parts[False]):
        return {}
    found: dict[str, float] = {}
    for on, name in ((True, "with"), (False, "without")):
        every = sorted(each for part in parts[on] for each in part)
        found[f"{name} p50"] = median(median(part) for part in parts[on])
        found[f"{name} p99"] = every[len(every) * 99 // 100]
        found[f"{name} windows"] = len(parts[on])
        found[f"{name} count"] = len(every)
    found["ratio"] = round(found["with p50"] / max(found["without p50"], 0.5), 3)
    middles = {on: [median(part) for part in parts[on]] for on in parts}
    return found | by_chance(middles[True], middles[False])


def by_chance(on: list[float], off: list[float], draws: int = 4000) -> dict[str, float]:
    """How sure the ratio of two medians is. chance: share of ways to deal the same values out that
    give it or more (a permutation test, one-sided); low, high: its 95 % interval by redrawing.
    """
    dice = random.Random(1)

    def ratio(one: list[float], other: list[float]) -> float:
        return median(one) / max(median(other), 0.5)

    every, dealt = [*on, *off], 0
    for _ in range(draws):
        dice.shuffle(every)
        dealt += ratio(every[: len(on)], every[len(on) :]) >= ratio(on, off)
    drawn = sorted(
        ratio(dice.choices(on, k=len(on)), dice.choices(off, k=len(off))) for _ in range(draws)
    )
    low, high = drawn[draws * 25 // 1000], drawn[draws * 975 // 1000]
    return {"chance": dealt / draws, "low": round(low, 3), "high": round(high, 3)}
