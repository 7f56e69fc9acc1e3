"""ai.advice: what an advisor that is asked beside the stream has said, and how it came to say it.

An input of the desk like market.raw: nothing makes it again. A replay reads it from the record.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.decisions import Verdict
from schemas.record import Message, Record

Said = Literal[Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD]
"""What an advisor can say."""

Price = Annotated[
    str, Field(max_length=40, pattern=r"^([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9][0-9]*)$")
]
"""Decimal text above 0, without an exponent."""


class AdviceFault(StrEnum):
    """Why an advice is void. Names are stable: they are on the wire."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    BUDGET_SPENT = "budget_spent"
    CIRCUIT_OPEN = "circuit_open"
    TOO_LONG = "too_long"
    NOT_JSON = "not_json"
    WRONG_SCHEMA = "wrong_schema"
    OTHER_SYMBOL = "other_symbol"
    OUT_OF_RANGE = "out_of_range"
    WRONG_SIDE = "wrong_side"
    STOP_DISTANCE = "stop_distance"
    LEVERAGE = "leverage"
    UNGROUNDED = "ungrounded"
    STALE = "stale"


class Opinion(Message):
    """What one advisor says of a market, as code has bounded it.

    verdict: LONG, SHORT, EXIT or HOLD; of a void one HOLD. confidence: 0 to 1. entry, stop, target:
    decimal strings in quote, above 0. horizon: ns that it looks ahead. expires: ns of the market's
    time from which on nobody reads it. figures: the numbers that it says it rests on, by name,
    decimal strings. void: why it does not count, with `detail` in words. since: from when on it
    counts, ns, which is its record's seen_time; filled in by who reads (`Advice.upon`).
    """

    advisor: str
    verdict: Said = Verdict.HOLD
    confidence: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    entry: Price | None = None
    stop: Price | None = None
    target: Price | None = None
    horizon: int = 0
    expires: int = 0
    reasons: tuple[str, ...] = ()
    figures: dict[str, str] = {}
    void: AdviceFault | None = None
    detail: str = ""
    since: int = 0


class Call(Message):
    """One call of a model: what was asked, what came back, its price and its time.

    role: of the chain (technical, risk, sceptic, judge, or the advisor's own name). prompt: the
    template's name, version and hash (blake2b of its bytes); asked: hash of the messages as sent.
    reply: all of it, however wrong. tokens as the provider tells them; cost: decimal string in USD;
    latency: ns of wall time, the tries together. fault: why there is no reply that could be used.
    cutoff: the model's stated knowledge cut-off, ns; None where it states none.
    """

    provider: str
    model: str
    role: str
    prompt: str
    prompt_version: int
    prompt_hash: str
    asked: str
    parameters: dict[str, str] = {}
    reply: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost: str = "0"
    latency: int = 0
    tries: int = 1
    fault: AdviceFault | None = None
    cutoff: int | None = None


class Advice(Record):
    """One question to one advisor, answered or not.

    id and cause: of the signal that it was asked upon; `asked_time`: the market's time then, ns;
    seen_time: the market's time when the answer was there: from then on it counts.
    briefing: what the advisor was shown, as canonical JSON; context_hash: blake2b of it.
    calls: every call that was made for it, in order. others: the newest opinion of each other
    advisor on this market, filled in by who reads (`upon`), by name.
    """

    venue: str
    symbol: str
    asked_time: int = 0
    context_hash: str = ""
    briefing: str = ""
    opinion: Opinion
    calls: tuple[Call, ...] = ()
    others: tuple[Opinion, ...] = ()

    def upon(self, before: Record | None) -> Advice:
        """With what the other advisors of the market have said last, of the record before.

        How it came to be said is left out: who judges by it keeps it in each of its snapshots.
        """
        known = before.opinions if isinstance(before, Advice) else {}
        known.pop(self.opinion.advisor, None)
        own = self.opinion.model_copy(update={"since": self.seen_time})
        rest = tuple(known[name] for name in sorted(known))
        return self.model_copy(update={"opinion": own, "others": rest, "briefing": "", "calls": ()})

    @property
    def opinions(self) -> dict[str, Opinion]:
        """The newest opinion of each advisor on the market, by name."""
        return {each.advisor: each for each in (*self.others, self.opinion)}
