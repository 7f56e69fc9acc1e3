"""Decoding at speed: each record's pydantic model mirrored by a compiled msgspec decoder.

Pydantic builds a ticks record of 2 KB in about 45 us, msgspec in a quarter of that. What a mirror
takes has the very value that pydantic would give it; what a mirror does not take is no verdict: the
caller asks pydantic, which alone says what is right and what is wrong with it. So mirrors change
speed and nothing else (tests/unit/test_mirror.py holds both against each other).
"""

from __future__ import annotations

import types
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from schemas.record import Message, form_of, made_of

M = TypeVar("M", bound=Message)
Build = Callable[[Any], Any]
Parts = tuple[tuple[str, Build], ...]
Leaving = frozenset[str]
NOTHING: Leaving = frozenset()
PLAIN = (str, int, float, bool, type(None))


class Unlike(TypeError):
    """A model, or a part of one, that has no exact mirror. Never leaves this module."""


@cache
def decoder(model: type[M], leaving: Leaving = NOTHING) -> Callable[[bytes], M] | None:
    """What decodes a model's JSON; it raises ValueError for all that it does not take.

    None where a field has a constraint or a type that the two libraries read differently.
    leaving: fields that are not looked at and get their defaults.
    """
    try:
        struct, build = _mirror(model, leaving)
    except Unlike:
        return None
    read = msgspec.json.Decoder(struct).decode
    return lambda value: build(read(value))


@cache
def _mirror(model: type[Message], leaving: Leaving = NOTHING) -> tuple[type[msgspec.Struct], Build]:
    """The struct with the fields of a model, and what makes the model's instances of it."""
    _refuse_decorated(model)
    hints = get_type_hints(model)
    fields: list[Any] = []
    parts: list[tuple[str, Build]] = []
    for name, known in model.model_fields.items():
        if known.metadata or known.alias or known.validation_alias:
            raise Unlike(name)
        if name in leaving:
            continue
        kind, build = _typed(hints[name])
        if build is not None:
            parts.append((name, _or_default(build, known)))
            kind = kind if known.is_required() else Union[kind, msgspec.UnsetType]  # noqa: UP007
        fields.append((name, kind) if known.is_required() else (name, kind, _default(known, build)))
    struct = msgspec.defstruct(f"{model.__name__}Mirror", fields, kw_only=True, gc=False)
    return struct, _builder(model, struct, tuple(parts), bool(leaving))


def _refuse_decorated(model: type[Message]) -> None:
    decorators = model.__pydantic_decorators__
    if decorators.field_validators or decorators.validators or decorators.root_validators:
        raise Unlike(model.__name__)
    if any(each.info.mode != "after" for each in decorators.model_validators.values()):
        raise Unlike(model.__name__)


def _builder(
    model: type[Message], struct: type[msgspec.Struct], parts: Parts, partly: bool
) -> Build:
    """Makes instances of a model; those that hold nothing but defaults are one and the same."""
    checks = [each.func for each in model.__pydantic_decorators__.model_validators.values()]
    form, values_of = form_of(model), msgspec.structs.asdict
    nothing = None if form.required else struct()
    empty = None if nothing is None else model.whole(dict(form.blank))

    def build(given: Any) -> Any:
        if given == nothing:
            return empty
        values = values_of(given)
        for name, part in parts:
            values[name] = part(values[name])
        made = made_of(model, {**form.blank, **values} if partly else values, form.told)
        for check in checks:
            check(made)
        return made

    return build


def _default(known: Any, build: Build | None) -> Any:
    """The default of a field; of one that holds messages it is put in when the model is built."""
    if build is not None:
        return msgspec.UNSET
    value = known.get_default(call_default_factory=True)
    return msgspec.field(default_factory=dict) if value == {} else value


def _or_default(build: Build, known: Any) -> Build:
    if known.is_required():
        return build
    default = known.get_default(call_default_factory=True)
    return lambda value: default if value is msgspec.UNSET else build(value)


def _or_none(build: Build) -> Build:
    return lambda value: None if value is None else build(value)


def _typed(hint: Any) -> tuple[Any, Build | None]:
    """The type for the mirror, and what turns its values into the model's where they differ."""
    if hint in PLAIN:
        return hint, None
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal and all(isinstance(each, str) for each in inner):
        return hint, None
    if origin in (types.UnionType, Union) and len(inner) == 2 and inner[1] is type(None):
        kind, build = _typed(inner[0])
        return kind | None, None if build is None else _or_none(build)
    if origin is tuple:
        return _tuple(inner)
    if origin is dict and inner[0] is str:
        kind, build = _typed(inner[1])
        if build is None:
            return dict[str, kind], None  # type: ignore[valid-type]
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint, None
    if isinstance(hint, type) and issubclass(hint, Message):
        return _mirror(hint)
    raise Unlike(str(hint))


def _tuple(inner: tuple[Any, ...]) -> tuple[Any, Build | None]:
    if inner[1:] == (...,):
        kind, build = _typed(inner[0])
        if build is None:
            return tuple[kind, ...], None  # type: ignore[valid-type]
        return tuple[kind, ...], lambda rows: tuple(map(build, rows))  # type: ignore[valid-type]
    kinds = [_typed(each) for each in inner]
    if any(build is not None for _, build in kinds):
        raise Unlike(str(inner))
    return tuple[tuple(kind for kind, _ in kinds)], None  # type: ignore[misc]
