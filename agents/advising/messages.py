"""Anthropic's messages, by its official client.

The reply's form is asked for as the input of a tool that must be used: every model that takes tools
keeps to its schema. https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

import anthropic
import orjson

from agents.advising.asked import Answer, Question
from agents.advising.faults import asked, count
from agents.advising.wire import official

TOOL = "reply"


class Messages:
    """A provider that speaks them, at an address."""

    def __init__(self, address: str, key: str, timeout: float, local: bool) -> None:
        self._client = anthropic.AsyncAnthropic(**official(address, key, timeout, local))

    async def say(self, question: Question) -> Answer:
        """The model's answer; raises Failed."""
        call = self._client.messages.create(**_request(question))
        return await asked(call, _answer, anthropic, anthropic.AnthropicError)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()


def _request(question: Question) -> dict[str, Any]:
    """The request's body; the protocol has neither temperature nor seed."""
    body: dict[str, Any] = {
        "model": question.model,
        "system": question.system,
        "messages": [{"role": "user", "content": question.user}],
        "max_tokens": question.max_tokens,
    }
    if question.form == "schema":
        told = "Give your reply."
        body["tools"] = [{"name": TOOL, "description": told, "input_schema": question.schema}]
        body["tool_choice"] = {"type": "tool", "name": TOOL, "disable_parallel_tool_use": True}
    return body


def _answer(found: Any) -> Answer:
    """What the client made of the body; anything but a message raises."""
    if not isinstance(found, anthropic.types.Message):
        raise TypeError("that is no message")
    used = [each for each in found.content if each.type == "tool_use" and each.name == TOOL]
    if used:
        text = orjson.dumps(used[0].input).decode()
    else:
        text = "".join(each.text for each in found.content if each.type == "text")
    usage: Any = found.usage
    return Answer(text, count(usage.input_tokens), count(usage.output_tokens))
