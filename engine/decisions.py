"""The decisions stage: advisors' votes on a signal become one verdict with its prices.

It judges the market only; what an account does about it is the orders stage's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.indicators import rounded
from engine.stage import Context, Draft
from engine.strategies.advisor import Advisor
from schemas import names
from schemas.decisions import Decision, Verdict, Vote
from schemas.record import Record, symbol_of, venue_of
from schemas.refusals import Reason
from schemas.signals import Signal
from schemas.ticks import BookState, Level

BOOK_REFUSALS = {
    BookState.NONE: Reason.NO_BOOK,
    BookState.STALE: Reason.STALE_BOOK,
    BookState.GAPPED: Reason.GAPPED_BOOK,
    BookState.CROSSED: Reason.CROSSED_BOOK,
}


class DecisionSettings(BaseModel):
    """Where stops and targets lie, and whether contracts may be sold short (spot never is).

    stop_percent, target_percent: distance from the entry in percent of it. stop_atr, target_atr:
    distance in multiples of the ATR, used in place of the percentage where set and known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop_percent: Decimal = Field(default=Decimal(3), gt=0, lt=100)
    target_percent: Decimal = Field(default=Decimal(6), gt=0, lt=100)
    stop_atr: Decimal | None = Field(default=None, gt=0)
    target_atr: Decimal | None = Field(default=None, gt=0)
    allow_short: bool = True


@dataclass(slots=True)
class DecisionState:
    """One market: a state for each advisor by name.

    owed: a bar closed by the clock alone has not been judged yet. A clock record only carries time,
    so the judgment is made on the next record of the market.
    """

    key: str
    advisors: dict[str, Any] = field(default_factory=dict)
    owed: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """Entry, stop and target in quote, as decimal text with the decimals of the quotes."""

    entry: str
    stop: str
    target: str


class DecisionsStage:
    """trading.signals to trading.decisions, one state a market (see `engine.stage.Stage`)."""

    name = "decisions"
    main = names.SIGNALS

    def __init__(self, settings: DecisionSettings, advisors: Sequence[Advisor[Any]]) -> None:
        self.settings = settings
        self.advisors = tuple(advisors)
        self.sides: dict[str, type[Record]] = {}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """A market is a cell of its own."""
        return (key,)

    def initial(self, cell: str) -> DecisionState:
        """Advisors that have seen nothing."""
        return DecisionState(cell, {each.name: each.initial() for each in self.advisors})

    def step(self, state: DecisionState, record: Signal, context: Context) -> list[Draft]:
        """One decision a signal: a verdict with its prices, hold, or a refusal with its reason."""
        votes = self._votes(state, record)
        verdict, confidence = tally(votes)
        decision = Decision(
            event_time=record.event_time,
            venue=venue_of(state.key),
            symbol=symbol_of(state.key),
            tick=record.tick,
            strength=record.strength,
            confidence=confidence,
            votes=votes,
            book=record.book,
            bid=record.bid,
            ask=record.ask,
            **self._judged(self._allowed(verdict, record.symbol), record),
        )
        return [Draft(names.DECISIONS, state.key, decision)]

    def _votes(self, state: DecisionState, signal: Signal) -> tuple[Vote, ...]:
        """The advisors' votes; none on a clock record, whose fresh bar is kept for the next."""
        if signal.clock:
            state.owed = state.owed or signal.fresh
            return ()
        if state.owed:
            signal = signal.model_copy(update={"fresh": True})
            state.owed = False
        return tuple(each.advise(state.advisors[each.name], signal) for each in self.advisors)

    def _allowed(self, verdict: Verdict, symbol: str) -> Verdict:
        """EXIT in place of SHORT where nothing may be sold short."""
        short = self.settings.allow_short and ":" in symbol
        return Verdict.EXIT if verdict is Verdict.SHORT and not short else verdict

    def _judged(self, verdict: Verdict, signal: Signal) -> dict[str, Any]:
        """The fields that the verdict decides."""
        if verdict is Verdict.HOLD:
            return {"verdict": verdict}
        reason = _refusal(signal)
        if reason is not None:
            return {"verdict": Verdict.REFUSED, "reason": reason}
        if verdict is Verdict.EXIT:
            return {"verdict": verdict}
        prices = price(verdict, signal, self.settings)
        return {
            "verdict": verdict,
            "entry": prices.entry,
            "stop": prices.stop,
            "target": prices.target,
        }

    def dump(self, state: DecisionState) -> Any:
        """Advisors' states by name, and whether a judgment is owed, as JSON values."""
        advisors = {each.name: each.dump(state.advisors[each.name]) for each in self.advisors}
        return {"key": state.key, "advisors": advisors, "owed": state.owed}

    def load(self, data: Any) -> DecisionState:
        """The state that `dump` gave; an advisor that was not there yet begins afresh."""
        kept = data["advisors"]
        advisors = {
            each.name: each.load(kept[each.name]) if each.name in kept else each.initial()
            for each in self.advisors
        }
        return DecisionState(data["key"], advisors, data["owed"])


def tally(votes: Sequence[Vote]) -> tuple[Verdict, float]:
    """The verdict with the most weight behind it, and its share of confidence in all the weight.

    A tie is HOLD. Confidence is the sum of weight times confidence of the winning votes over the
    sum of all weights, 0 to 1; with one advisor it is that advisor's own.
    """
    weights: dict[Verdict, float] = {}
    for vote in votes:
        weights[vote.verdict] = weights.get(vote.verdict, 0.0) + vote.weight
    total = sum(weights.values())
    most = max(weights.values(), default=0.0)
    leaders = [verdict for verdict, weight in weights.items() if weight == most]
    if total <= 0 or len(leaders) != 1:
        return Verdict.HOLD, 0.0
    behind = sum(vote.weight * vote.confidence for vote in votes if vote.verdict is leaders[0])
    return leaders[0], rounded(behind / total)


def price(verdict: Verdict, signal: Signal, settings: DecisionSettings) -> Prices:
    """Entry at the best opposite quote, stop and target around it; needs a book with both sides.

    Both are rounded away from the entry, so that neither can fall upon it.
    """
    bid, ask = _both(signal)
    long = verdict is Verdict.LONG
    text = ask[0] if long else bid[0]
    entry = Decimal(text)
    step = Decimal(1).scaleb(-max(_decimals(bid[0]), _decimals(ask[0])))
    atr = signal.indicators.get("atr")
    down = _distance(entry, atr, settings.stop_atr, settings.stop_percent)
    up = _distance(entry, atr, settings.target_atr, settings.target_percent)
    below, above = (down, up) if long else (up, down)
    low = format((entry - below).quantize(step, ROUND_FLOOR), "f")
    high = format((entry + above).quantize(step, ROUND_CEILING), "f")
    return Prices(text, low, high) if long else Prices(text, high, low)


def _distance(
    entry: Decimal, atr: float | None, multiple: Decimal | None, percent: Decimal
) -> Decimal:
    if multiple is not None and atr is not None and atr > 0:
        return Decimal(repr(atr)) * multiple
    return entry * percent / 100


def _refusal(signal: Signal) -> Reason | None:
    """Why nothing can be judged on this book, or None."""
    if signal.book is not BookState.OK:
        return BOOK_REFUSALS[signal.book]
    return Reason.NO_BOOK if signal.bid is None or signal.ask is None else None


def _both(signal: Signal) -> tuple[Level, Level]:
    if signal.bid is None or signal.ask is None:
        raise ValueError("a price needs a bid and an ask")
    return signal.bid, signal.ask


def _decimals(text: str) -> int:
    """Decimals of a price's text: 2 for "0.10", none for "100"."""
    return max(0, -int(Decimal(text).as_tuple().exponent))
