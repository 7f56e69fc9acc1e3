"""A whole question: the roles in turn, each by its provider's line, within one patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agents.advising.asked import Question
from agents.advising.line import OVERHEAD, Clock, Line
from engine.advice.bounds import bounded
from engine.advice.briefing import Briefing
from engine.advice.budget import Spending
from engine.advice.chain import Chain, Role
from engine.advice.prompts import Prompt
from engine.advice.reply import schema
from engine.advice.section import AdviceSettings
from engine.advice.settings import AskedAdvisor, span
from schemas.advice import AdviceFault, Call, Opinion

SCHEMA = schema()


class Answered(NamedTuple):
    """What came of a question: each call, and the last role's reply, or why there is none."""

    calls: tuple[Call, ...]
    reply: str | None
    fault: AdviceFault | None = None
    detail: str = ""


@dataclass
class Asking:
    """Asks for the advisors of the settings. lines: by provider."""

    section: AdviceSettings
    lines: Mapping[str, Line]
    clock: Clock

    def worst(self, name: str, briefing: Briefing, at: int) -> Spending:
        """The most that a question may cost: every role at its longest, and every try."""
        advisor, section = self.section.advisors[name], self.section
        cost = tokens = calls = 0
        for role, size in Chain(section.roles(name), briefing, SCHEMA).sizes:
            cost += section.price(role.model).cost(size + OVERHEAD, advisor.max_tokens)
            tokens += size + OVERHEAD + advisor.max_tokens
            calls += section.provider(role.provider).tries
        return Spending(at, cost, tokens, calls, int(advisor.patience * 1e9))

    async def answer(self, name: str, briefing: Briefing) -> Answered:
        """Ask all roles, until the advisor's patience ends."""
        advisor = self.section.advisors[name]
        until = self.clock.now() + int(advisor.patience * 1e9)
        chain, calls = Chain(self.section.roles(name), briefing, SCHEMA), list[Call]()
        while (turn := chain.next) is not None:
            call, detail = await self._call(advisor, *turn, until)
            calls.append(call)
            if call.fault is None:
                chain.replied(call.reply)
            else:
                chain.failed(call.fault, f"{call.role}: {detail}" if advisor.roles else detail)
        return Answered(tuple(calls), chain.verdict, chain.fault, chain.detail)

    async def _call(
        self, advisor: AskedAdvisor, role: Role, prompt: Prompt, until: int
    ) -> tuple[Call, str]:
        question = Question(
            prompt.system, prompt.user, role.model, SCHEMA,
            self.section.provider(role.provider).form, advisor.max_tokens, advisor.temperature,
            advisor.seed,
        )  # fmt: skip
        price = self.section.price(role.model)
        line = self.lines[role.provider]
        return await line.call(role, prompt, question, price, until, advisor.learnt)

    def opinion(self, name: str, briefing: str, answered: Answered, now: int) -> Opinion:
        """What of an answer counts. briefing: canonical JSON; now: the market's time, ns."""
        if answered.reply is None:
            fault = answered.fault or AdviceFault.PROVIDER_ERROR
            return Opinion(advisor=name, void=fault, detail=answered.detail)
        lasts = span(self.section.advisors[name].lasts)
        return bounded(
            answered.reply, briefing, self.section.bounds, advisor=name, answered=now, lasts=lasts
        )
