"""Anthropic's messages. Forms: docs of its API and the types of the client `anthropic`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.language import words
from infra.language.asked import Asked, Fields, Said, field, said, text_of
from infra.language.words import Answer, Refusal

ERRORS = {
    400: ("invalid_request_error", "The request is malformed."),
    401: ("authentication_error", "invalid x-api-key"),
    402: ("billing_error", "Your credit balance is too low to access the API."),
    403: ("permission_error", "Your API key has no permission for this resource."),
    404: ("not_found_error", "model: not found"),
    413: ("request_too_large", "Request exceeds the maximum allowed number of bytes"),
    429: ("rate_limit_error", "This request would exceed your account's rate limit."),
    500: ("api_error", "Internal server error"),
    504: ("timeout_error", "The request timed out."),
    529: ("overloaded_error", "Overloaded"),
}
"""By status: type and words, as they are told where the script says nothing else."""
STOPS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


def asked(body: Fields, headers: Mapping[str, str]) -> Asked:
    """A request's body; Refusal where the provider would not take it."""
    for name, form in (("model", str), ("max_tokens", int), ("messages", list)):
        if not isinstance(body.get(name), form):
            raise Refusal(400, f"{name}: Field required")
    if "anthropic-version" not in headers:
        raise Refusal(400, "anthropic-version: header is required")
    turns = said(body["messages"])
    if not turns or turns[0].role != "user":
        raise Refusal(400, 'messages: first message must use the "user" role')
    system = text_of(body.get("system"))
    return Asked(
        "messages",
        body["model"],
        ((Said("system", system),) if system else ()) + turns,
        body.get("stream") is True,
        body["max_tokens"],
        _tool(body),
        _schema(body),
        body,
        headers,
    )


def _tool(body: Fields) -> str:
    kind, tools = field(body, "tool_choice", "type"), body.get("tools") or ()
    name = field(body, "tool_choice", "name") if kind == "tool" else None
    if kind == "tool" and name not in [field(tool, "name") for tool in tools]:
        raise Refusal(400, f"tool_choice: Tool '{name}' not found in provided tools")
    if kind == "any" and tools:
        name = field(tools[0], "name")
    return str(name or "")


def _schema(body: Fields) -> Fields | None:
    schema: Fields | None = field(body, "output_config", "format", "schema")
    if schema is not None and words.loose(schema):
        raise Refusal(
            400,
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be "
            "explicitly set to false",
        )
    return schema


def whole(asked: Asked, answer: Answer) -> dict[str, Any]:
    """The reply in one body."""
    blocks, stop = _blocks(asked, answer)
    return {
        "id": f"msg_{answer.number:024d}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": blocks,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": _usage(answer),
    }


def _blocks(asked: Asked, answer: Answer) -> tuple[list[dict[str, Any]], str]:
    """The content, and why it ends. What is no JSON object cannot be a tool's input: then the
    model has answered in words.
    """
    blocks: list[dict[str, Any]] = []
    if answer.thinking:
        blocks.append({"type": "thinking", "thinking": answer.thinking, "signature": "tapeline"})
    given = _object(answer.text) if asked.tool and answer.finish == "stop" else None
    if given is None:
        blocks.append({"type": "text", "text": answer.text})
        return blocks, STOPS[answer.finish]
    ident = f"toolu_{answer.number:022d}"
    blocks.append({"type": "tool_use", "id": ident, "name": asked.tool, "input": given})
    return blocks, "tool_use"


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _usage(answer: Answer) -> dict[str, Any]:
    return {
        "input_tokens": answer.tokens_in,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": answer.tokens_out,
        "service_tier": "standard",
    }


def streamed(asked: Asked, answer: Answer, size: int) -> Iterator[bytes]:
    """The reply as events of a stream, `size` characters each."""
    full = whole(asked, answer)
    begun = _usage(answer) | {"output_tokens": 1}
    opening = full | {"content": [], "stop_reason": None, "usage": begun}
    yield _event("message_start", message=opening)
    yield _event("ping")
    for index, block in enumerate(full["content"]):
        yield from _block(index, block, answer, size)
    ending = {"stop_reason": full["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=ending, usage={"output_tokens": answer.tokens_out})
    yield _event("message_stop")


def _block(index: int, block: dict[str, Any], answer: Answer, size: int) -> Iterator[bytes]:
    if block["type"] == "tool_use":
        empty, text, kind, name = block | {"input": {}}, answer.text, "input_json", "partial_json"
    else:
        kind = name = block["type"]
        empty, text = block | {name: ""}, block[name]
    yield _event("content_block_start", index=index, content_block=empty)
    for part in words.pieces(text, size):
        delta = {"type": f"{kind}_delta", name: part}
        yield _event("content_block_delta", index=index, delta=delta)
    if kind == "thinking":
        delta = {"type": "signature_delta", "signature": "tapeline"}
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **fields: object) -> bytes:
    return f"event: {kind}\ndata: {words.compact({'type': kind, **fields})}\n\n".encode()


def error(refusal: Refusal, number: int) -> dict[str, Any]:
    """The body of an error, by its status."""
    kind, told = ERRORS.get(refusal.status, ("api_error", "Internal server error"))
    described = {"type": refusal.code or kind, "message": refusal.message or told}
    return {"type": "error", "error": described, "request_id": f"req_{number}"}


def models(names: tuple[str, ...]) -> dict[str, Any]:
    """The list of models, on one page."""
    data = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "2026-01-01T00:00:00Z",
            "lifecycle": "active",
        }
        for name in names
    ]
    first, last = (names[0], names[-1]) if names else (None, None)
    return {"data": data, "has_more": False, "first_id": first, "last_id": last}
