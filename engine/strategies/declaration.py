"""A strategy as data: when to enter, when to leave, and where its stop and target lie.

    about = "a pullback within a trend"
    long = { all = ["ema_fast > ema_slow", "rsi crosses above 40"] }
    leave_long = { any = ["rsi > 70", "close < ema_slow - 1 atr"] }
    stop_atr = 2
    target_atr = 4

Written by hand, by a search or by a language model; whoever wrote it, it is matched against this
form and nothing of it is run. All of it is bounded: text, depth, number of comparisons, bars that
are looked back on.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Self

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from engine.strategies.conditions import (
    ATOMS,
    BadCondition,
    Comparison,
    Condition,
    Group,
    atoms,
    read,
    written,
)
from schemas.errors import TapelineError

LARGEST = 16_384
"""Bytes of a declaration's text."""


class NotDeclared(TapelineError):
    """A text that is no declaration; why, in one line."""


def _read(given: Any) -> Condition:
    try:
        return read(given)
    except BadCondition as error:
        raise PydanticCustomError("condition", "{said}", {"said": str(error)}) from None


Stated = Annotated[
    InstanceOf[Comparison] | InstanceOf[Group],
    BeforeValidator(_read),
    PlainSerializer(written),
]
SIDES = ("long", "short", "leave_long", "leave_short")


class Declaration(BaseModel):
    """long, short: when to enter; leave_long, leave_short: when to leave; at each bar's close.

    stop_atr, stop_percent: the stop's distance from the close, one of them; target likewise, or
    none. most_bars: after which it leaves whatever it waits for. confidence: of its entries. about:
    what its author says of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    about: Annotated[str, AfterValidator(lambda text: _line(text, 400))] = Field(
        default="", max_length=400
    )
    long: Stated | None = None
    short: Stated | None = None
    leave_long: Stated | None = None
    leave_short: Stated | None = None
    stop_atr: float | None = Field(default=None, ge=0.1, le=100)
    stop_percent: float | None = Field(default=None, ge=0.01, le=50)
    target_atr: float | None = Field(default=None, ge=0.1, le=1000)
    target_percent: float | None = Field(default=None, ge=0.01, le=500)
    most_bars: int | None = Field(default=None, ge=1, le=10_000)
    confidence: float = Field(default=0.75, ge=0.5, le=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """It enters, it can leave by a stop, and it is no larger than it may be."""
        wrong = next(_wrongs(self), None)
        if wrong is not None:
            raise PydanticCustomError("declaration", "{said}", {"said": wrong})
        return self

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Of all conditions, in their order."""
        return tuple(atom for each in self.conditions.values() for atom in atoms(each))

    @property
    def conditions(self) -> dict[str, Condition]:
        """Those that are there, by what they are for."""
        found = {name: getattr(self, name) for name in SIDES}
        return {name: each for name, each in found.items() if each is not None}

    @property
    def declared(self) -> dict[str, Any]:
        """What it says, as JSON values: fields of the form alone, and what was left out is not."""
        whole = self.model_dump(mode="json", include=set(Declaration.model_fields))
        return {name: value for name, value in whole.items() if value not in (None, "")}

    @property
    def digest(self) -> str:
        """A hash of what it does: of all but what its author says of it."""
        told = {name: value for name, value in self.declared.items() if name != "about"}
        text = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
        return blake2b(text, digest_size=8).hexdigest()


def _wrongs(of: Declaration) -> Iterator[str]:
    if of.long is None and of.short is None:
        yield "it enters nowhere: say long, short or both"
    for side in ("long", "short"):
        if getattr(of, side) is None and getattr(of, f"leave_{side}") is not None:
            yield f"leave_{side} without {side}"
    for what in ("stop", "target"):
        if getattr(of, f"{what}_atr") is not None and getattr(of, f"{what}_percent") is not None:
            yield f"{what}_atr and {what}_percent: say one of them"
    if of.stop_atr is None and of.stop_percent is None:
        yield "it has no stop: say stop_atr or stop_percent"
    if len(of.comparisons) > ATOMS:
        yield f"it has {len(of.comparisons)} comparisons: {ATOMS} at most"


def declaration(text: str | bytes) -> Declaration:
    """The declaration of a JSON object or of a TOML file; NotDeclared says in one line why not."""
    given = text.encode(errors="replace") if isinstance(text, str) else text
    if len(given) > LARGEST:
        raise NotDeclared(f"it has {len(given):,} bytes: {LARGEST:,} at most")
    opens = given.lstrip()[:1] == b"{"
    parse = partial(orjson.loads, given) if opens else partial(_toml, given)
    try:
        found = parse()
    except (ValueError, RecursionError) as error:
        said = f"{'JSON' if opens else 'TOML'} cannot be read: {error}"
        raise NotDeclared(_line(said)) from None
    return of_values(found)


def of_values(given: Any) -> Declaration:
    """The declaration of JSON values; NotDeclared likewise."""
    try:
        return Declaration.model_validate(given)
    except ValidationError as error:
        raise NotDeclared(problem(error)) from None


def problem(error: ValidationError) -> str:
    """The first thing that is wrong, with its place, in one line."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return _line(f"{place}: {first['msg']}" if place else first["msg"])


def _toml(given: bytes) -> Any:
    return tomllib.loads(given.decode())


def _line(text: str, most: int = 300) -> str:
    """Without what would break the line or the terminal, and not too long."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."
