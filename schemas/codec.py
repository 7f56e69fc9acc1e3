"""Records to bytes and back. Bytes are deterministic: fields in order of declaration, no spaces."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TypeVar

import orjson
from pydantic import ValidationError

from schemas.errors import Poison
from schemas.mirror import NOTHING, decoder
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.ticks import Ticks

R = TypeVar("R", bound=Record)

HEAD = re.compile(
    rb'\{(?:"\w++":(?:"(?:[^"\\]|\\.)*+"|[\w.+-]++),)*?'
    rb'"v":\d+,"id":"([^"]*)","cause":"([^"]*)","seq":(-?\d+),"key":"((?:[^"\\]|\\.)*)"'
)
"""The head of a record as `encode` writes it (id, cause, seq, key): enough to join and to order by,
without reading all of it. A bar's own fields stand before it."""


def encode(record: Record) -> bytes:
    """The record as JSON bytes; fields that hold their default None or empty value are kept.

    The bytes are pydantic's. Long records of plain values orjson writes in half of the time; what
    it does not write as pydantic would (an integer wider than 64 bits, or one in a field of floats)
    is left to pydantic.
    """
    if (floats := LONG.get(record.__class__)) is not None:
        values = record.__dict__
        if int not in [type(values[name]) for name in floats]:
            try:
                return orjson.dumps(values, default=_fields)
            except TypeError:
                pass
    return record.__pydantic_serializer__.to_json(record)


LONG: dict[type[Record], tuple[str, ...]] = {RawFrame: (), Ticks: (), Signal: ("strength",)}
"""Records of more values than messages, with their own fields of floats."""

_fields = attrgetter("__dict__")


def decode(model: type[R], value: bytes | None, leaving: frozenset[str] = NOTHING) -> R:
    """The record in `value`; raises Poison, in one line, for anything that is not a valid one.

    leaving: fields that the reader does not look at: they may have their defaults, whatever they
    are in `value`, and need not be valid. A stage that is told of quotes and does not read them
    saves their texts.
    """
    if value is None:
        raise Poison("a record without a value")
    record = _mirrored(model, value, leaving) or _validated(model, value)
    if record.v != model.VERSION:
        raise Poison(f"{model.__name__} version {record.v} is unknown (known: {model.VERSION})")
    return record


def _mirrored(model: type[R], value: bytes, leaving: frozenset[str]) -> R | None:
    """The record by its compiled decoder; None leaves the verdict to pydantic."""
    fast = decoder(model, leaving)
    try:
        return fast(value) if fast else None
    except ValueError:
        return None


def _validated(model: type[R], value: bytes) -> R:
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise Poison(_first(error)) from error


def _first(error: ValidationError) -> str:
    """The first problem of a validation error with its place."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{error.title}: {place or 'value'}: {problem['msg']}"


def json_schema(model: type[Record]) -> bytes:
    """The JSON Schema of a record, for readers in other languages."""
    return orjson.dumps(model.model_json_schema(), option=orjson.OPT_INDENT_2)
