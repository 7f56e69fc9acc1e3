"""One provider as questions reach it: so many at once, in time, tried again where that is of use,
left in peace while its circuit is open; each call told with its price.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agents.advising.asked import LONGEST, Answer, Failed, Question, Talker
from engine.advice.backoff import pause
from engine.advice.budget import Price, dollars
from engine.advice.chain import Role
from engine.advice.prompts import Prompt
from engine.advice.settings import Provider
from engine.circuit import Breaker, Change
from schemas.advice import AdviceFault, Call

OVERHEAD = 1024
"""Tokens that a provider puts around what it is sent: its own words on tools and schemas."""


@dataclass
class Clock:
    """What passes beside the market: ns of a clock that never goes back, sleep, and chance."""

    now: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


@dataclass
class Line:
    """A provider's. changes of its circuit are told through `told`, with its name."""

    name: str
    provider: Provider
    talker: Talker
    clock: Clock
    told: Callable[[str, Change], None]
    breaker: Breaker = field(init=False)
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.provider.failures, int(self.provider.rest * 1e9))
        self._room = asyncio.Semaphore(self.provider.at_once)

    async def call(
        self, role: Role, prompt: Prompt, question: Question, price: Price, until: int,
        cutoff: int | None,
    ) -> tuple[Call, str]:  # fmt: skip
        """Ask, until `until` (the clock's ns) at the latest; the call as it is recorded, and where
        it has a fault, that in words. Never raises what a provider can cause.
        """
        began = self.clock.now()
        tries, found = await self._in_turn(question, until)
        for change in self.breaker.changes():
            self.told(self.name, change)
        draft = self._draft(role, prompt, question, tries, self.clock.now() - began, cutoff)
        return _told(draft, found, price, prompt, question)

    async def _in_turn(self, question: Question, until: int) -> tuple[int, Answer | Failed]:
        """Wait for room, then ask."""
        try:
            async with asyncio.timeout(max(0, until - self.clock.now()) / 1e9):
                await self._room.acquire()
        except TimeoutError:
            words = f"{self.provider.at_once} calls are under way, and none ended in time"
            return 0, Failed(AdviceFault.TIMEOUT, words)
        try:
            return await self._tried(question, until)
        finally:
            self._room.release()

    async def _tried(self, question: Question, until: int) -> tuple[int, Answer | Failed]:
        """How often it was asked, and what came of it."""
        tried = 0
        while True:
            if not self.breaker.allows(self.clock.now()):
                words = f"{self.name} has failed {self.breaker.failures} times in a row"
                return tried, Failed(AdviceFault.CIRCUIT_OPEN, words)
            tried += 1
            found = await self._once(question, until)
            if isinstance(found, Answer) or not found.again or tried == self.provider.tries:
                return tried, found
            wait = pause(tried, self.clock.chance(), found.after)
            if wait is None or self.clock.now() + wait * 1e9 >= until:
                return tried, found
            await self.clock.sleep(wait)

    async def _once(self, question: Question, until: int) -> Answer | Failed:
        seconds = min(self.provider.timeout, max(0, until - self.clock.now()) / 1e9)
        try:
            async with asyncio.timeout(seconds):
                answer = await self.talker.say(question)
        except Failed as failure:
            self.breaker.failed(self.clock.now())
            return failure
        except TimeoutError:
            self.breaker.failed(self.clock.now())
            words = f"no answer in {seconds:.1f} s"
            return Failed(AdviceFault.TIMEOUT, words, billed=True)
        except BaseException:
            self.breaker.abandoned()
            raise
        self.breaker.succeeded(self.clock.now())
        return answer

    def _draft(
        self, role: Role, prompt: Prompt, question: Question, tries: int, latency: int,
        cutoff: int | None,
    ) -> Call:  # fmt: skip
        own = {"temperature": question.temperature, "seed": question.seed}
        parameters = {name: str(value) for name, value in own.items() if value is not None}
        parameters |= {"max_tokens": str(question.max_tokens), "form": question.form}
        return Call(
            provider=self.name,
            model=role.model,
            role=role.name,
            prompt=role.template.name,
            prompt_version=role.template.version,
            prompt_hash=role.template.hash,
            asked=prompt.asked,
            parameters={
                "max_tokens": str(question.max_tokens),
                "form": question.form,
                **parameters,
            },
            latency=latency,
            tries=tries,
            cutoff=cutoff,
        )


def _told(
    draft: Call, found: Answer | Failed, price: Price, prompt: Prompt, question: Question
) -> tuple[Call, str]:
    """The call with what came of it. What may have been billed is counted at its worst."""
    most = prompt.size + OVERHEAD, question.max_tokens
    if isinstance(found, Failed):
        cost = price.cost(*most) if found.billed else 0
        return draft.model_copy(update={"fault": found.fault, "cost": dollars(cost)}), found.detail
    known = found.tokens_in is not None and found.tokens_out is not None
    tokens = (found.tokens_in or 0, found.tokens_out or 0) if known else most
    told = {
        "reply": found.text.encode(errors="replace")[:LONGEST].decode(errors="ignore"),
        "tokens_in": tokens[0],
        "tokens_out": tokens[1],
        "cost": dollars(price.cost(*tokens)),
    }
    if len(found.text.encode(errors="replace")) > LONGEST:
        told["fault"] = AdviceFault.TOO_LONG
        return draft.model_copy(update=told), f"a reply of more than {LONGEST} bytes"
    return draft.model_copy(update=told), ""
