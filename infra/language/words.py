"""What both protocols share: counts of tokens, refusals, schemas that are taken, events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.language.asked import Asked
from infra.language.script import Finish, Reply


@dataclass(slots=True)
class Refusal(Exception):
    """A request that the provider does not take: the HTTP status, its words ("": the usual ones),
    its own code, and the seconds to wait.
    """

    status: int
    message: str
    code: str = ""
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, with what the provider counts. number: of the request, from 1."""

    number: int
    text: str
    thinking: str
    finish: Finish
    tokens_in: int
    tokens_out: int


def tokens(text: str) -> int:
    """About what a provider counts: a token for four characters, at least one."""
    return max(1, -(-len(text) // 4))


def answered(number: int, asked: Asked, reply: Reply, text: str) -> Answer:
    """The reply as far as the request's bound of tokens lets it go, and its counts."""
    before = tokens(asked.text) if reply.tokens_in is None else reply.tokens_in
    after = tokens(text + reply.thinking) if reply.tokens_out is None else reply.tokens_out
    if asked.most is None or after <= asked.most:
        return Answer(number, text, reply.thinking, reply.finish, before, after)
    kept = text[: max(0, 4 * asked.most - len(reply.thinking))]
    return Answer(number, kept, reply.thinking, "length", before, asked.most)


def compact(value: object) -> str:
    """JSON as providers send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pieces(text: str, size: int) -> Iterator[str]:
    """A text in pieces of so many characters."""
    return (text[start : start + size] for start in range(0, len(text), size))


def loose(schema: object, place: tuple[str, ...] = ()) -> str:
    """Where a schema leaves an object open, as strict structured output does not take it: each
    object has `additionalProperties: false`. "": nowhere.
    """
    if isinstance(schema, list):
        return _first(loose(each, (*place, str(at))) for at, each in enumerate(schema))
    if not isinstance(schema, Mapping):
        return ""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return f"context=({', '.join(map(repr, place))})"
    return _first(loose(each, (*place, str(name))) for name, each in schema.items())


def optional(schema: object) -> str:
    """The first property of any object of a schema that it does not require. "": none."""
    if isinstance(schema, list):
        return _first(optional(each) for each in schema)
    if not isinstance(schema, Mapping):
        return ""
    names: Any = schema.get("properties")
    if schema.get("type") == "object" and isinstance(names, Mapping):
        missing = [name for name in names if name not in schema.get("required", ())]
        if missing:
            return str(missing[0])
    return _first(optional(each) for each in schema.values())


def _first(found: Iterator[str]) -> str:
    return next((each for each in found if each), "")
