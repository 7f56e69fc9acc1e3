"""What the server answers: replies in order, or the first rule's that fits the request."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from infra.language.asked import Asked, Protocol

House: TypeAlias = Literal["openai", "deepseek", "ollama"]
Finish: TypeAlias = Literal["stop", "length", "refusal"]


class Part(BaseModel):
    """A part of a script: frozen, and every name in it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Reply(Part):
    """One answer, and how it goes wrong on its way.

    text: what the model says; `{{name}}` in it stands for what the request names (filling.py).
    thinking: what it thought before, told as the provider tells it. finish: why it stopped.
    tokens_in, tokens_out: as counted; None: a quarter of the characters.
    status: other than 200 it is an error as the provider words it, with `code` of the provider's
    own and `message`. headers: besides its own.
    delay: seconds before the first byte. chunk, pause: of a stream, characters a piece and seconds
    between them.
    body: these bytes as they are, instead. content_type: instead of its own. padding: so many
    spaces before the body. short: the body ends, in order, after so many bytes. cut: the
    connection is cut after so many; at 0 without a word.
    """

    text: str = ""
    thinking: str = ""
    finish: Finish = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    status: int = Field(default=200, ge=200, le=599)
    code: str = ""
    message: str = ""
    headers: dict[str, str] = {}
    delay: float = Field(default=0.0, ge=0)
    chunk: int = Field(default=16, ge=1)
    pause: float = Field(default=0.0, ge=0)
    body: bytes | None = None
    content_type: str = ""
    padding: int = Field(default=0, ge=0)
    short: int | None = Field(default=None, ge=0)
    cut: int | None = Field(default=None, ge=0)


Answering: TypeAlias = Callable[[Asked], Reply]


class Rule(Part):
    """Replies for the requests that fit: `prompt` and `model` are searched (regular expressions) in
    all that was said and in the model's name. Given in order; then, with `again`, from the first
    one on, else the last one stays.
    """

    prompt: str = ""
    model: str = ""
    protocol: Protocol | None = None
    stream: bool | None = None
    again: bool = False
    replies: tuple[Reply, ...] = Field(min_length=1)

    def fits(self, asked: Asked) -> bool:
        """Whether a request is for it."""
        return (
            re.search(self.prompt, asked.text) is not None
            and re.search(self.model, asked.model) is not None
            and self.protocol in (None, asked.protocol)
            and self.stream in (None, asked.stream)
        )

    def reply(self, before: int) -> Reply:
        """The one after so many that it has given."""
        count = len(self.replies)
        return self.replies[before % count if self.again else min(before, count - 1)]


class Limit(Part):
    """So many requests in so many seconds; those above get 429 with the seconds to wait."""

    requests: int = Field(ge=1)
    seconds: float = Field(gt=0)


class Script(Part):
    """A server's whole part. house: whose ways chat completions have. key: the only one that is
    let in; "": any, and none. models: that there are; none named: every one. limit: of requests.
    replies: for what no rule fits, as a rule without conditions.
    """

    house: House = "openai"
    key: str = ""
    models: tuple[str, ...] = ()
    limit: Limit | None = None
    rules: tuple[Rule, ...] = ()
    replies: tuple[Reply, ...] = ()
    again: bool = False


NOTHING = Reply(
    status=500, message="the script has no reply to this", headers={"x-should-retry": "false"}
)


def playing(script: Script) -> Answering:
    """A script as a function of the requests; it counts what each rule has given."""
    rules = list(script.rules)
    if script.replies:
        rules.append(Rule(replies=script.replies, again=script.again))
    given = [0] * len(rules)

    def answer(asked: Asked) -> Reply:
        for place, rule in enumerate(rules):
            if rule.fits(asked):
                given[place] += 1
                return rule.reply(given[place] - 1)
        return NOTHING

    return answer
