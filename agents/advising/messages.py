"""Anthropic's messages, by its official client.

The reply's form is asked for as the input of a tool that must be used: every model that takes tools
keeps to its schema. https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

import anthropic
import orjson

from agents.advising.asked import Answer, Failed, Question
from agents.advising.faults import failed
from agents.advising.wire import client
from schemas.advice import AdviceFault

TOOL = "reply"


class Messages:
    """A provider that speaks them, at an address."""

    def __init__(self, address: str, key: str, timeout: float) -> None:
        self._client = anthropic.AsyncAnthropic(
            api_key=key or "none",
            base_url=address,
            max_retries=0,
            timeout=timeout,
            http_client=client(timeout),
        )

    async def say(self, question: Question) -> Answer:
        """The model's answer; raises Failed."""
        try:
            return _answer(await self._client.messages.create(**_request(question)))
        except anthropic.AnthropicError as error:
            raise failed(error, anthropic) from None
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            text = f"the answer cannot be read: {type(error).__name__}"
            raise Failed(AdviceFault.PROVIDER_ERROR, text, billed=True) from None

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()


def _request(question: Question) -> dict[str, Any]:
    """The request's body; the protocol knows no seed."""
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
    if question.temperature is not None:
        body["temperature"] = min(1.0, question.temperature)
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
    return Answer(text, _count(usage.input_tokens), _count(usage.output_tokens))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
