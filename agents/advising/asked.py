"""A question as a provider is asked it, and what comes of it, whoever the provider is."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from schemas.advice import AdviceFault

LONGEST = 16_000
"""Bytes of a reply that are kept; a longer one is none. Records stay below a topic's largest."""


class Question(NamedTuple):
    """schema: JSON Schema of the reply; form: how it is asked for (engine.advice.settings)."""

    system: str
    user: str
    model: str
    schema: dict[str, Any]
    form: Literal["schema", "object", "none"]
    max_tokens: int
    temperature: float | None
    seed: int | None


class Answer(NamedTuple):
    """text: as the model gave it. tokens: as the provider counts them, None where it does not."""

    text: str
    tokens_in: int | None
    tokens_out: int | None


class Failed(Exception):
    """A call without an answer. again: it may be tried once more, after `after` seconds where the
    provider says so. billed: it may have cost what a call may cost, though nothing came of it.
    """

    def __init__(
        self, fault: AdviceFault, detail: str, *, again: bool = False, after: float | None = None,
        billed: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.fault, self.detail, self.again = fault, detail, again
        self.after, self.billed = after, billed


class Talker(Protocol):
    """A provider's client."""

    async def say(self, question: Question) -> Answer:
        """The model's answer; raises Failed."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...
