"""One question by itself, for `tapeline advise`: a JSON object in on stdin, one out on stdout.

In: {"advisor": name, "section": [advice], "briefing": canonical JSON, "spent": [nano-dollars,
tokens, calls, ns] of the last hour, "dry": only tell what would be asked}. Out: as `asked` and
`told` have it. The command line runs it, for keys are opened by no other process.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import orjson

from agents.advising.asking import SCHEMA, Answered, Asking
from agents.advising.line import OVERHEAD
from agents.advising.lines import CLOCK, lines
from agents.advising.sources import Sources
from engine.advice.briefing import Briefing
from engine.advice.budget import Spending, dollars, of_calls
from engine.advice.chain import Chain
from engine.advice.section import AdviceSettings
from engine.advice.settings import span
from engine.advice.texts import shown
from schemas.advice import AdviceFault
from schemas.errors import TapelineError
from schemas.system import Severity
from topics.seclusion import secluded
from topics.secrecy import known
from topics.settings import settings

WORD = 4
"""Characters of a token, about: what a bill will be near to."""


class Once:
    """One question. notes: what went wrong beside it."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.section = AdviceSettings.model_validate(given["section"])
        self.name = str(given["advisor"])
        self.advisor = self.section.advisors[self.name]
        self.briefing = Briefing.model_validate_json(given["briefing"])
        self.spent = Spending(time.time_ns(), *map(int, given["spent"]))
        self.notes: list[str] = []

    async def read(self) -> None:
        """Add the texts that the advisor is shown, as they are now."""
        sources = Sources(self.section.texts, self._note)
        for name in self.advisor.texts:
            await sources.look(name)
        briefing, now = self.briefing, self.briefing.now
        since, most = now - span(self.advisor.text_age), self.advisor.text_count
        texts = shown(sources.of(self.advisor.texts), briefing.symbol, now, since, most)
        self.briefing = briefing.model_copy(update={"texts": tuple(texts)})

    def _note(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        self.notes.append(text)

    def asked(self) -> dict[str, Any]:
        """What would be sent, and what it would cost: about, and at the most."""
        roles = Chain(self.section.roles(self.name), self.briefing, SCHEMA)
        rows, most = [], self.advisor.max_tokens
        for place, (role, size) in enumerate(roles.sizes):
            chain = Chain([role], self.briefing, SCHEMA)
            assert chain.next is not None
            prompt, price = chain.next[1], self.section.price(role.model)
            about = (len(prompt.system) + len(prompt.user)) // WORD + place * most
            rows.append(
                {
                    "role": role.name, "provider": role.provider, "model": role.model,
                    "prompt": role.template.name, "version": role.template.version,
                    "hash": role.template.hash, "system": prompt.system, "user": prompt.user,
                    "tokens_in": about, "tokens_out": most,
                    "cost": dollars(price.cost(about, most)),
                    "most_tokens": size + OVERHEAD + most,
                    "most_cost": dollars(price.cost(size + OVERHEAD, most)),
                }
            )  # fmt: skip
        return {"roles": rows, **self._head()}

    def _head(self) -> dict[str, Any]:
        return {
            "advisor": self.name, "briefing": self.briefing.model_dump(mode="json"),
            "context_hash": self.briefing.digest, "notes": self.notes,
        }  # fmt: skip

    async def told(self) -> dict[str, Any]:
        """Ask, if the hour's budget allows it, and what came of it."""
        began = time.monotonic()
        found = lines(settings().home, self.section, lambda *_: None)
        asking, ledger = Asking(self.section, found, CLOCK), self.section.ledger()
        ledger.take("before", self.name, self.spent)
        worst = asking.worst(self.name, self.briefing, time.time_ns())
        if why := ledger.reserve("once", self.name, worst):
            answered = Answered((), None, AdviceFault.BUDGET_SPENT, why)
        else:
            answered = await asking.answer(self.name, self.briefing)
        for line in found.values():
            await line.talker.close()
        now = self.briefing.now
        opinion = asking.opinion(self.name, self.briefing.canonical, answered, now)
        spending = of_calls(answered.calls, now)
        return {
            "opinion": opinion.model_dump(mode="json"),
            "calls": [call.model_dump(mode="json") for call in answered.calls],
            "tokens": spending.tokens, "cost": dollars(spending.cost),
            "latency": int((time.monotonic() - began) * 1e9), **self._head(),
        }  # fmt: skip


async def main(given: dict[str, Any]) -> dict[str, Any]:
    """Ask, or tell what would be asked."""
    one = Once(given)
    await one.read()
    return one.asked() if given["dry"] else await one.told()


if __name__ == "__main__":
    secluded()
    try:
        made = asyncio.run(main(orjson.loads(sys.stdin.buffer.read())))
    except TapelineError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    print(known.redact(orjson.dumps(made).decode()))
