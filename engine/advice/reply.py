"""What an advisor that is asked must answer: the form, and its JSON Schema for providers."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Side: TypeAlias = Literal["long", "short", "exit", "hold"]


class Part(BaseModel):
    """Types as they are, and nothing beside what is asked for."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Figure(Part):
    """A number that the advice rests on."""

    name: str = Field(description="As the briefing names it.")
    value: str = Field(description="Decimal digits as the briefing shows them.")


class Reply(Part):
    """One advice. Ranges are no part of the form: engine.advice.bounds has them, and providers'
    structured output knows few of them.
    """

    symbol: str = Field(description="The briefing's symbol, unchanged.")
    direction: Side = Field(description="exit closes a position, hold does nothing.")
    confidence: float = Field(description="0 to 1.")
    entry: str | None = Field(None, description="Price, null: at the market.")
    stop: str | None = Field(None, description="Price, null: as the desk has it.")
    target: str | None = Field(None, description="Price, null: as the desk has it.")
    horizon_minutes: int = Field(description="How far the advice looks ahead.")
    leverage: float | None = Field(None, description="At most; null: as the desk has it.")
    reasons: tuple[str, ...] = Field(description="At most 8 short sentences.")
    figures: tuple[Figure, ...] = Field(description="The numbers it rests on.")


RULES = """\
Numbers are checked by code, and one that fails makes the whole reply void.
- Prices are decimal text without signs, separators or exponents: one that the briefing shows, or \
one of bid, ask, mid, last or your own entry plus or minus half ATRs (0.5, 1, 1.5 ... 6) or \
quarter percents (0.25 ... 10).
- Figures carry the briefing's name and its digits.
- In reasons, copy numbers with all their digits, or round to three or more significant digits; \
beside the figure's name two are enough. Differences, percent changes, basis points and multiples \
of the ATR between the price and another price of the briefing count as shown. No other number.
"""
"""The grounding of engine.advice.grounding in words, for prompts."""


def schema() -> dict[str, Any]:
    """The JSON Schema: each property required (null where there is none), nothing beside them, as
    strict structured output wants it.
    """
    made = Reply.model_json_schema()
    for form in (made, *made["$defs"].values()):
        form["required"] = list(form["properties"])
        form.pop("description", None)
        for each in form["properties"].values():
            each.pop("default", None)
            each.pop("title", None)
    return made
