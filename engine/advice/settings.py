"""The parts of the section [advice] of the settings: providers, advisors, prices, texts."""

from __future__ import annotations

import re
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from engine.advice.address import allowed
from engine.advice.budget import Price
from engine.feeds.fields import days
from engine.spans import DAY, SECOND
from schemas.errors import Poison
from schemas.record import symbol_of

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Kind = Literal["openai", "deepseek", "anthropic", "compatible"]
Money = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=15, decimal_places=6)]

ADDRESSES: dict[str, str] = {
    "openai": "https://api.openai.com/v1",
    "deepseek": "https://api.deepseek.com",
    "anthropic": "https://api.anthropic.com",
}
"""Where the providers that are known by name are."""

_SPAN = re.compile(r"([0-9]{1,6})(s|m|h|d)").fullmatch
_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY}


def span(text: str) -> int:
    """ns of a span as people write it, 90s, 5m, 1h, 1d; ValueError if it is none."""
    found = _SPAN(text)
    if found is None or not int(found[1]):
        raise ValueError("a span of time is like 90s, 5m, 1h or 1d")
    return int(found[1]) * _UNITS[found[2]]


class Part(BaseModel):
    """A part of the section."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Provider(Part):
    """Who is called. kind: openai, deepseek, anthropic, or compatible: any server that speaks
    OpenAI's chat completions (Ollama, vLLM, llama.cpp), then with its base_url.

    local: it is a machine of one's own: http and private addresses are allowed, and no key is
    needed. key: the name that `tapeline keys seal advice:NAME` sealed it under, the provider's own
    if not set. variable: the environment variable that has it where none is sealed.
    structured: how a reply's form is asked for: by JSON Schema, as any JSON object, or in words
    alone. timeout: seconds that one call may take. tries: of a call that the provider has turned
    away. failures, rest: in a row that open its circuit, and seconds that it stays open. at_once:
    calls under way.
    """

    kind: Kind
    base_url: str = ""
    local: bool = False
    key: Name | None = None
    variable: str = Field("", pattern=r"^[A-Z0-9_]*$")
    structured: Literal["schema", "object", "none"] | None = None
    timeout: float = Field(30.0, gt=0, le=600)
    tries: int = Field(3, ge=1, le=10)
    failures: int = Field(5, ge=1, le=100)
    rest: float = Field(60.0, gt=0, le=86_400)
    at_once: int = Field(4, ge=1, le=64)

    @model_validator(mode="after")
    def _may_be_called(self) -> Self:
        if not self.address:
            raise ValueError("a compatible server has a base_url")
        allowed(self.address, self.local)
        return self

    @property
    def address(self) -> str:
        """Where it is."""
        return self.base_url or ADDRESSES.get(self.kind, "")

    @property
    def environment(self) -> str:
        """The environment variable that may have its key."""
        return self.variable or f"{self.kind.upper()}_API_KEY"

    @property
    def form(self) -> Literal["schema", "object", "none"]:
        """How a reply's form is asked for; DeepSeek knows JSON, but no schema of it."""
        return self.structured or ("object" if self.kind == "deepseek" else "schema")


class ModelPrice(Part):
    """USD a million tokens."""

    input: Money
    output: Money

    @property
    def price(self) -> Price:
        """As a budget counts."""
        return Price.of(self.input, self.output)


class TextSource(Part):
    """News or filings. file: JSON lines; url: an RSS or Atom feed, https (local: as a provider's).

    every: seconds between two looks. largest: bytes that are read of it.
    """

    file: str = ""
    url: str = ""
    local: bool = False
    every: float = Field(300.0, ge=1)
    largest: int = Field(1 << 20, ge=1, le=64 << 20)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.file) == bool(self.url):
            raise ValueError("a source of texts has a file or a url")
        if self.url:
            allowed(self.url, self.local)
        return self


class RoleSettings(Part):
    """One voice of a chain. prompt: its template's name, the role's own if not set; provider,
    model: other than the advisor's.
    """

    name: Name
    prompt: Name | None = None
    provider: Name | None = None
    model: str | None = None


def _named(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


class HourSettings(Part):
    """The most of an hour; cost in USD, time: seconds that calls take. None: as the desk's."""

    cost: Money | None = None
    tokens: int | None = Field(None, ge=0)
    calls: int | None = Field(None, ge=0)
    time: int | None = Field(None, ge=0)


class AskedAdvisor(HourSettings):
    """One advisor. markets: as a strategy's. every: bars of `interval` or a span of the market's
    time between two questions of a market. window: bars that it is shown. lasts: span of the
    market's time for which an answer counts. patience: seconds that a whole question may take.

    roles: who speaks, in order; none: the advisor itself. temperature, seed: left out where None.
    cutoff: until when the model has learnt, a date as 2025-01-31, None where that is not stated.
    account: whose position and limits it is shown. texts: sources, none: no texts; text_age: span;
    text_count: at most so many are shown.
    """

    provider: Name
    model: str = Field(min_length=1, max_length=200)
    markets: tuple[str, ...] = Field(min_length=1)
    interval: str = "1m"
    every: int | str = 5
    window: int = Field(30, ge=1, le=500)
    lasts: str = "15m"
    patience: float = Field(120.0, gt=0, le=1800)
    roles: tuple[Annotated[RoleSettings, BeforeValidator(_named)], ...] = Field((), max_length=8)
    prompt: Name = "advisor"
    max_tokens: int = Field(1200, ge=16, le=64_000)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = None
    cutoff: str | None = Field(None, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    account: str = Field("", pattern=r"^[A-Za-z0-9_-]*$")
    texts: tuple[Name, ...] = ()
    text_age: str = "1d"
    text_count: int = Field(10, ge=1, le=30)

    @field_validator("interval", "lasts", "text_age")
    @classmethod
    def _is_a_span(cls, text: str) -> str:
        span(text)
        return text

    @field_validator("cutoff")
    @classmethod
    def _is_a_date(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                days(*map(int, text.split("-")))
            except Poison as error:
                raise ValueError(str(error)) from None
        return text

    @field_validator("every")
    @classmethod
    def _now_and_then(cls, every: int | str) -> int | str:
        if isinstance(every, str):
            span(every)
        elif every < 1:
            raise ValueError("every is bars, 1 and more, or a span of time like 90s")
        return every

    @property
    def learnt(self) -> int | None:
        """The cut-off as ns since 1970: the end of its day."""
        if self.cutoff is None:
            return None
        year, month, day = map(int, self.cutoff.split("-"))
        return (days(year, month, day) + 1) * DAY

    @property
    def drawn(self) -> bool:
        """It says how its replies are drawn."""
        return self.temperature is not None or self.seed is not None

    @property
    def by_bars(self) -> bool:
        """It is asked when bars close."""
        return isinstance(self.every, int)

    @property
    def period(self) -> int:
        """ns of the market's time between two questions."""
        return span(self.every) if isinstance(self.every, str) else self.every * span(self.interval)

    def looks_at(self, key: str) -> bool:
        """True for a market that one of its patterns is of."""
        symbol = symbol_of(key)
        return any(fnmatchcase(symbol, one) or fnmatchcase(key, one) for one in self.markets)
