"""Over a thousand hostile replies through bounds, decisions and the risk gate: no order is outside
limits, by a check that shares no code with them.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from engine.decisions import DecisionsStage
from engine.orders import OrdersStage
from engine.risk import RiskLimits
from engine.stage import Cell
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.advice import Advice, Opinion
from schemas.decisions import Decision
from schemas.orders import OrderCommand, OrderDecision
from tests.unit.advising import seat
from tests.unit.briefed import NOW, SYMBOL, briefing, opinion, shown, sound
from tests.unit.hostile_replies import FAMILIES, SHORT, Hostile, corpus
from tests.unit.judging import signal
from tests.unit.trading import ACCOUNT, BTC, SECOND, feed, opening

EQUITY = "10000"
STRATEGY = Strategy(
    "advised",
    (seat("llm", minimum_confidence=0),),
    DecisionSettings(quorum=0.0, prices="votes"),
    (BTC,),
)
EASY = RiskLimits.model_validate({"minimum_strength": 0, "minimum_confidence": 0})
"""So that all that a reply asks for comes to the limits that matter."""
STAGE, ORDERS = DecisionsStage((STRATEGY,)), OrdersStage((ACCOUNT,), EASY)


def decided(said: Opinion) -> Decision:
    """What the strategy that hears nobody else makes of an opinion, a second later."""
    cell: Cell[Any] = Cell.fresh(STAGE, BTC)
    asked = {"asked_time": NOW, "briefing": briefing(), "venue": "binance", "symbol": SYMBOL}
    cell.take(names.ADVICE, Advice(seq=0, key=BTC, seen_time=NOW, opinion=said, **asked))
    given = shown()
    market = signal(
        0, bid=(given["bid"], given["bid_quantity"]), ask=(given["ask"], given["ask_quantity"]),
        last=given["last"],
        indicators={**given["indicators"], "atr": given["atr"]}, seen_time=NOW + SECOND,
    )  # fmt: skip
    made = [each.record for each in cell.take(names.SIGNALS, market)]
    (found,) = [each for each in made if isinstance(each, Decision)]
    return found


def commands(said: Opinion) -> list[OrderCommand]:
    """The orders of a fresh account with 10,000 USDT that come of it."""
    cell: Cell[Any] = Cell.fresh(ORDERS, ACCOUNT)
    feed(cell, opening(EQUITY))
    made = [each.record for each in cell.take(names.DECISIONS, decided(said))]
    answers = [each for each in made if isinstance(each, OrderDecision)]
    return [each.command for each in answers if each.command and each.outcome != "refused"]


def outside(order: OrderCommand, reply: str) -> list[str]:
    """Which limits an order breaks, worked out from nothing but it, the reply and the market."""
    bid, ask = Decimal("61661.50"), Decimal("61661.60")
    long = order.side == "buy"
    entry, quantity = (ask if long else bid), Decimal(order.quantity)
    price = Decimal(order.price or entry)
    stop, target = Decimal(order.stop or 0), Decimal(order.target or 0)
    against = (entry - stop if long else stop - entry) / entry
    gain = target - ask if long else bid - target
    asked = told(reply)
    own = asked.get("stop") if asked.get("confidence") else None  # at 0 the desk's own stop counts
    moved = abs(stop - Decimal(own)) if own else Decimal(0)
    return [
        what
        for what, broken in {
            "another market": (order.venue, order.symbol) != ("binance", SYMBOL),
            "not asked for": asked.get("direction") != ("long" if long else "short"),
            "too large": quantity * price > 1000,
            "too much at risk": quantity * abs(entry - stop) > Decimal(EQUITY) * Decimal("0.02"),
            "no lot": quantity <= 0 or quantity % Decimal("0.001") != 0,
            "lent too much": Decimal(order.contract.leverage) > 10,
            "price far": abs(price / entry - 1) > Decimal("0.01"),
            "stop at an odd distance": not Decimal("0.0004999") <= against <= Decimal("0.1"),
            "stop is not the reply's": moved > Decimal("0.01"),
            "target on the other side": gain <= 0 or target <= 0,
            "target far": abs(target / entry - 1) > Decimal("0.26"),
            "not to be sent so late": order.expires > NOW + 6 * SECOND,
        }.items()
        if broken
    ]  # fmt: skip


def told(reply: str) -> dict[str, Any]:
    """The reply's fields, of one JSON object only."""
    try:
        found = json.loads(reply)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def sent(each: Hostile) -> list[list[str]]:
    """What is wrong with each order that a hostile reply gives."""
    return [outside(order, each.text) for order in commands(opinion(each.text))]


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_is_found_out_and_gives_no_order_outside_limits(name: str) -> None:
    """Void ones give none at all; what is within limits is carried out within limits."""
    for each in corpus():
        if each.name.rpartition("-")[0] != name:
            continue
        said = opinion(each.text)
        assert said.void is each.fault, (each.name, said.detail)
        orders = sent(each)
        assert not [broken for broken in orders if broken], each
        assert len(orders) <= (each.fault is None), each


def test_there_are_over_five_hundred_of_all_faults() -> None:
    texts, faults = {each.text for each in corpus()}, Counter(each.fault for each in corpus())
    assert len(texts) > 1000
    assert len(FAMILIES) >= 25
    assert min(faults.values()) >= 9
    assert len(faults) == 10  # all that a text can have: it cannot be late or unreachable


def test_sound_replies_do_give_orders() -> None:
    for fields in ({}, SHORT, {"stop": None, "target": None}, {"leverage": None}):
        reply = json.dumps(sound(**{"reasons": ["RSI 47.5."], **fields}))
        (order,) = commands(opinion(reply))
        assert outside(order, reply) == []
    followed = [each for each in corpus() if each.fault is None and sent(each) == [[]]]
    assert len(followed) >= 20


def naive(reply: str) -> Opinion:
    """As a desk reads that trusts its model: the first thing that looks like JSON, as it is."""
    start, end = reply.find("{"), reply.rfind("}")
    said = json.loads(reply[start : end + 1])
    levels = {name: format(Decimal(str(said[name])), "f") for name in ("stop", "target")}
    verdict = str(said["direction"]).strip().lower()
    sure = min(1.0, abs(float(said["confidence"])))
    return Opinion(
        advisor="llm", verdict=verdict, confidence=sure, expires=NOW + 60 * SECOND, **levels
    )  # fmt: skip


def test_without_bounds_the_same_replies_give_orders_outside_limits() -> None:
    """So the check can fail: the risk gate alone keeps sizes, not what the advice is worth."""
    found: Counter[str] = Counter()
    for each in corpus()[::2]:
        try:
            said = naive(each.text)
        except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
            continue
        found.update(what for order in commands(said) for what in outside(order, each.text))
    assert found["not asked for"] >= 20
    assert found["stop at an odd distance"] >= 5
    assert not {"too large", "too much at risk", "no lot", "another market"} & found.keys()
