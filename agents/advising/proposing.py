"""One question to a model, asked by a process of its own: `python -m agents.advising.proposing`.

Input: a JSON object with `advisor`, a name of [advice.advisors], whose provider, model and limits
hold, and the prompt's parts. Output: the call as it is recorded, as JSON. The provider's key stays
in this process.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import orjson

from agents.advising.asked import Question
from agents.advising.line import OVERHEAD
from agents.advising.lines import CLOCK, lines
from engine.advice.budget import nano
from engine.advice.chain import Role
from engine.advice.prompts import Prompt, Template
from engine.advice.section import AdviceSettings
from schemas.advice import Call
from schemas.errors import TapelineError
from topics.settings import settings


class NotAsked(TapelineError):
    """A question that is not asked; says why."""


@dataclass(frozen=True)
class Asked:
    """A question as it is given."""

    advisor: str
    prompt: Prompt
    schema: dict[str, Any]

    @classmethod
    def of(cls, given: dict[str, Any]) -> Asked:
        """That of the input."""
        template = Template.model_validate(given["template"])
        parts = (given["role"], template, given["system"], given["user"], given["form"])
        return cls(given["advisor"], Prompt(*parts), given["schema"])


async def ask(asked: Asked, section: AdviceSettings) -> Call:
    """The call, with its reply or its fault. NotAsked where nobody is called so, or where it could
    cost more than the settings allow in an hour."""
    advisor = section.advisors.get(asked.advisor)
    if advisor is None:
        known = ", ".join(sorted(section.advisors)) or "none"
        raise NotAsked(f"no advisor is called {asked.advisor}: [advice.advisors] has {known}")
    price, prompt = section.price(advisor.model), asked.prompt
    most = advisor.cost if advisor.cost is not None else section.cost
    if price.cost(prompt.size + OVERHEAD, advisor.max_tokens) > nano(str(most)):
        raise NotAsked(f"one question may cost more than {most} USD: raise [advice] cost, or lower "
                       f"max_tokens of {asked.advisor}")  # fmt: skip
    alone = section.model_copy(update={
        "advisors": {asked.advisor: advisor.model_copy(update={"roles": ()})}
    })  # fmt: skip
    found = lines(settings().home, alone, lambda name, change: None)
    line = found[advisor.provider]
    question = Question(
        prompt.system, prompt.user, advisor.model, asked.schema,
        section.provider(advisor.provider).form, advisor.max_tokens, advisor.temperature,
        advisor.seed,
    )  # fmt: skip
    role = Role(prompt.role, prompt.template, advisor.provider, advisor.model)
    until = CLOCK.now() + int(advisor.patience * 1e9)
    try:
        call, _ = await line.call(role, prompt, question, price, until, advisor.learnt)
    finally:
        await line.talker.close()
    return call


def main() -> int:
    """Read the question, ask it, print the call; 1 and one line on stderr where it is not asked."""
    try:
        section = AdviceSettings.model_validate(settings().advice)
        call = asyncio.run(ask(Asked.of(orjson.loads(sys.stdin.buffer.read())), section))
    except TapelineError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(call.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
