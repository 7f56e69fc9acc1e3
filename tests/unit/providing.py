"""Providers, prompts and lines for tests of asking; the stand-in provider is tests/unit/talking."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agents.advising.asked import Question, Talker
from agents.advising.line import Clock, Line
from agents.advising.talkers import talker
from engine.advice.briefing import BarRow, Briefing, Fact
from engine.advice.budget import Price
from engine.advice.chain import Role
from engine.advice.prompts import TEMPLATES, Prompt, prompt
from engine.advice.settings import Provider
from engine.circuit import Change
from engine.spans import SECOND
from infra.language.script import Script
from infra.language.server import Running, StandIn
from schemas.advice import Call
from tests.unit.talking import KEY, provider

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"symbol": {"type": "string"}, "direction": {"type": "string"}},
    "required": ["symbol", "direction"],
    "additionalProperties": False,
}
PRICE = Price.of(*map(__import__("decimal").Decimal, ("1", "2")))
NOW = 1_723_161_600 * SECOND


def briefing(**more: Any) -> Briefing:
    """Of a market at NOW."""
    bars = tuple(
        BarRow(
            time=NOW - n * 60 * SECOND, open="61700.1", high="61750", low="61690.5",
            close="61720.4", volume="12.5", vwap="61715.2",
        )
        for n in (2, 1, 0)
    )  # fmt: skip
    told: dict[str, Any] = {
        "venue": "binance", "symbol": "BTC/USDT:USDT", "now": NOW, "signal": "5f" * 12,
        "time": NOW, "bid": "61720.4", "ask": "61720.5", "last": "61720.4", "atr": 35.2,
        "interval": "1m", "bars": bars, "indicators": {"rsi": 54.2},
        "facts": {"funding_rate": Fact(time=NOW - SECOND, value="0.0001")},
    }  # fmt: skip
    return Briefing.model_validate(told | more)


def role(name: str = "judge", model: str = "small") -> Role:
    """A voice with the template of its name."""
    return Role(name, TEMPLATES[name], "local", model)


def asking(**more: Any) -> tuple[Role, Prompt, Question]:
    """A role's prompt and question."""
    one = role()
    asked = prompt(one.name, one.template, SCHEMA, briefing())
    told: dict[str, Any] = {
        "model": one.model, "schema": SCHEMA, "form": "schema", "max_tokens": 200,
        "temperature": None, "seed": None,
    }  # fmt: skip
    return one, asked, Question(asked.system, asked.user, **(told | more))


@dataclass
class Slept:
    """A clock that counts how long was slept, and does not sleep."""

    seconds: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)

    def now(self) -> int:
        return time.monotonic_ns() + int(sum(self.seconds) * 1e9)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, random.Random(7).random)


@dataclass
class Asked:
    """A line to a stand-in, and what became of it."""

    line: Line
    running: Running
    slept: Slept
    changes: list[Change]

    async def call(self, patience: float = 60.0, **more: Any) -> tuple[Call, str]:
        """One call through the line."""
        one, asked, question = asking(**more)
        until = self.slept.now() + int(patience * 1e9)
        return await self.line.call(one, asked, question, PRICE, until, None)


@asynccontextmanager
async def line(
    script: Script | StandIn, kind: str = "compatible", **more: Any
) -> AsyncIterator[Asked]:
    """A line to a provider of that kind, which is the stand-in."""
    async with provider(script) as running:
        base = running.address if kind == "anthropic" else f"{running.address}/v1"
        known = Provider.model_validate({"kind": kind, "base_url": base, "local": True, **more})
        client: Talker = talker(known, KEY)
        slept, changes = Slept(), list[Change]()
        told: Callable[[str, Change], None] = lambda _, change: changes.append(change)  # noqa: E731
        try:
            yield Asked(Line("local", known, client, slept.clock, told), running, slept, changes)
        finally:
            await client.close()


__all__ = ["Asked", "Awaitable", "Script", "asking", "briefing", "line", "role"]
