"""OpenAI's chat completions, as OpenAI, DeepSeek and Ollama speak them.

Forms: platform.openai.com/docs/api-reference/chat and the types of the client `openai`;
api-docs.deepseek.com; openai/openai.go of ollama.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from infra.language import words
from infra.language.asked import Asked, Fields, field, said
from infra.language.script import House
from infra.language.words import Answer, Refusal

ERRORS = {
    400: ("invalid_request_error", "", "The request is malformed."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    402: ("unknown_error", "invalid_request_error", "Insufficient Balance"),
    403: ("invalid_request_error", "unsupported_country_region_territory", "Not supported."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", "", "The server had an error while processing your request."),
    503: ("server_error", "", "The engine is currently overloaded, please try again later."),
}
"""By status: type, code and words, as they are told where the script says nothing else."""
OLLAMA = {400: "invalid_request_error", 404: "not_found_error"}


def asked(body: Fields, headers: Mapping[str, str], house: House) -> Asked:
    """A request's body; Refusal where the provider would not take it."""
    if not isinstance(body.get("model"), str):
        raise Refusal(400, "you must provide a model parameter")
    if not said(body.get("messages")):
        raise Refusal(400, "Missing required parameter: 'messages'.", "missing_required_parameter")
    return Asked(
        "chat",
        body["model"],
        said(body["messages"]),
        body.get("stream") is True,
        body.get("max_completion_tokens") or body.get("max_tokens"),
        str(field(body, "tool_choice", "function", "name") or ""),
        _schema(body, house),
        body,
        headers,
    )


def _schema(body: Fields, house: House) -> Fields | None:
    kind = field(body, "response_format", "type")
    if kind == "json_schema" and house == "deepseek":
        raise Refusal(400, "This response_format type is unavailable now", "invalid_request_error")
    if kind == "json_object" and "json" not in str(body["messages"]).lower():
        raise Refusal(
            400,
            "Prompt must contain the word 'json' in some form to use 'response_format' of type "
            "'json_object'.",
        )
    if kind != "json_schema":
        return None
    form = field(body, "response_format", "json_schema")
    schema: Fields | None = field(form, "schema")
    if house == "openai" and field(form, "strict"):
        _strict(field(form, "name"), schema)
    return schema


def _strict(name: str, schema: object) -> None:
    place, missing = words.loose(schema), words.optional(schema)
    if place:
        why = f"In {place}, 'additionalProperties' is required to be supplied and to be false."
    elif missing:
        why = (
            "'required' is required to be supplied and to be an array including every key in "
            f"properties. Missing '{missing}'."
        )
    else:
        return
    raise Refusal(400, f"Invalid schema for response_format '{name}': {why}")


def whole(asked: Asked, answer: Answer, house: House) -> dict[str, Any]:
    """The reply in one body."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    finish: str = answer.finish
    if finish == "refusal":
        message, finish = message | {"content": None, "refusal": answer.text}, "stop"
    elif asked.tool:
        message, finish = message | {"content": None, "tool_calls": [_call(asked, answer)]}, "stop"
    if answer.thinking:
        message["reasoning" if house == "ollama" else "reasoning_content"] = answer.thinking
    return {
        **_head(asked, answer, house, "chat.completion"),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage(answer, house),
    }


def _call(asked: Asked, answer: Answer) -> dict[str, Any]:
    """A call of a tool that the request demands by name: its reason to stop is "stop" then."""
    called = {"name": asked.tool, "arguments": answer.text}
    return {"id": f"call_{answer.number}", "type": "function", "function": called}


def streamed(asked: Asked, answer: Answer, house: House, size: int) -> Iterator[bytes]:
    """The reply as events of a stream, `size` characters each."""
    head = _head(asked, answer, house, "chat.completion.chunk")
    thought = "reasoning" if house == "ollama" else "reasoning_content"
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{thought: part} for part in words.pieces(answer.thinking, size)]
    name = "refusal" if answer.finish == "refusal" else "content"
    if asked.tool:
        deltas += [{"tool_calls": [{"index": 0, **_call(asked, answer)}]}]
    else:
        deltas += [{name: part} for part in words.pieces(answer.text, size)]
    for delta in deltas:
        yield _event(head, delta, None)
    finish = "length" if answer.finish == "length" else "stop"
    told = field(asked.body, "stream_options", "include_usage") is True
    if house == "deepseek":
        yield _event(head | {"usage": usage(answer, house)}, {"content": ""}, finish)
    else:
        yield _event(head, {}, finish)
        if told:
            yield _data(head | {"choices": [], "usage": usage(answer, house)})
    yield b"data: [DONE]\n\n"


def _head(asked: Asked, answer: Answer, house: House, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer.number}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
        "system_fingerprint": "fp_ollama" if house == "ollama" else "fp_tapeline",
    }


def _event(head: dict[str, Any], delta: dict[str, Any], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _data({**head, "choices": [choice]})


def _data(value: object) -> bytes:
    return f"data: {words.compact(value)}\n\n".encode()


def usage(answer: Answer, house: House) -> dict[str, Any]:
    """What is counted, with what each house adds to it."""
    counts: dict[str, Any] = {
        "prompt_tokens": answer.tokens_in,
        "completion_tokens": answer.tokens_out,
        "total_tokens": answer.tokens_in + answer.tokens_out,
    }
    if house == "deepseek":
        counts |= {"prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": answer.tokens_in}
    elif house == "openai":
        thought = words.tokens(answer.thinking) if answer.thinking else 0
        counts["prompt_tokens_details"] = {"cached_tokens": 0, "audio_tokens": 0}
        counts["completion_tokens_details"] = {"reasoning_tokens": thought, "audio_tokens": 0}
    return counts


def error(refusal: Refusal, house: House) -> dict[str, Any]:
    """The body of an error, by its status."""
    kind, code, told = ERRORS.get(refusal.status, ("server_error", "", "Error."))
    if house == "ollama":
        kind, code = OLLAMA.get(refusal.status, "api_error"), ""
    elif house == "deepseek" and refusal.status == 401:
        kind, code = "authentication_error", "invalid_request_error"
    elif refusal.code == "insufficient_quota":
        kind = "insufficient_quota"
    return {
        "error": {
            "message": refusal.message or told,
            "type": kind,
            "param": None,
            "code": refusal.code or code or None,
        }
    }


def models(names: tuple[str, ...], house: House) -> dict[str, Any]:
    """The list of models."""
    owner = {"openai": "system", "deepseek": "deepseek", "ollama": "library"}[house]
    data = [
        {"id": n, "object": "model", "created": 1_700_000_000, "owned_by": owner} for n in names
    ]
    return {"object": "list", "data": data}
