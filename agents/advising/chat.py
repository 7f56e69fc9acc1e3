"""OpenAI's chat completions, by its official client: OpenAI itself, DeepSeek, and the local servers
that speak them (Ollama, vLLM, llama.cpp).

https://platform.openai.com/docs/api-reference/chat · https://api-docs.deepseek.com
"""

from __future__ import annotations

from typing import Any

import openai

from agents.advising.asked import Answer, Question
from agents.advising.faults import asked, count
from agents.advising.wire import official
from engine.advice.settings import Kind


class Chat:
    """A provider of that kind at an address."""

    def __init__(self, kind: Kind, address: str, key: str, timeout: float, local: bool) -> None:
        self._kind = kind
        self._client = openai.AsyncOpenAI(**official(address, key, timeout, local))

    async def say(self, question: Question) -> Answer:
        """The model's answer; raises Failed."""
        call = self._client.chat.completions.create(**_request(self._kind, question))
        return await asked(call, _answer, openai, openai.OpenAIError)

    async def close(self) -> None:
        """Let go of its connections."""
        await self._client.close()


def _request(kind: Kind, question: Question) -> dict[str, Any]:
    """The request's body."""
    most = "max_completion_tokens" if kind == "openai" else "max_tokens"
    body: dict[str, Any] = {
        "model": question.model,
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        most: question.max_tokens,
    }
    if question.form == "schema":
        form = {"name": "reply", "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif question.form == "object":
        body["response_format"] = {"type": "json_object"}
    own = {"temperature": question.temperature, "seed": question.seed}
    return body | {name: value for name, value in own.items() if value is not None}


def _answer(found: Any) -> Answer:
    """What the client made of the body; anything but a completion raises."""
    if not isinstance(found, openai.types.chat.ChatCompletion):
        raise TypeError("that is no chat completion")
    said = found.choices[0].message
    text = said.content if said.content is not None else (said.refusal or "")
    if not isinstance(text, str):
        raise TypeError("its content is no text")
    usage = found.usage
    if usage is None:
        return Answer(text, None, None)
    return Answer(text, count(usage.prompt_tokens), count(usage.completion_tokens))
