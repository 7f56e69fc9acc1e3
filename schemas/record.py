"""What every record on every topic has in common: identity, cause, sequence and two times."""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import cache
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen part of a record. Fields that a later version adds are ignored by this one."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")

    @classmethod
    def model_construct(  # type: ignore[override]  # the plugin has one of its own
        cls, _fields_set: set[str] | None = None, **values: Any
    ) -> Self:
        """A part of these values, ours and so not validated; TypeError if one is missing.

        Pydantic's own copies every default deeply at each call, a quarter of what the ticks stage
        took. Here defaults are shared: messages are frozen, and nobody changes what they hold.
        """
        form = form_of(cls)
        if not values.keys() >= form.required:
            raise TypeError(f"{cls.__name__} lacks {sorted(form.required - values.keys())}")
        known = values if values.keys() <= form.names else _known(values, form.names)
        return made_of(cls, form.blank | known, set(values) if _fields_set is None else _fields_set)

    @classmethod
    def whole(cls, values: dict[str, Any]) -> Self:
        """A part of all its fields in their order, ours and so not even looked at; it keeps them.

        For what is made thousands of times a second; `model_construct` says what is missing.
        """
        return made_of(cls, values, form_of(cls).told)

    @classmethod
    def own(cls, **values: Any) -> Self:
        """A part of these values and else its defaults, ours and so not validated; all its fields
        count as told. TypeError for a value without a field.

        A quarter of what validation takes, for what is made thousands of times a second of values
        that have the fields' own types: tests/unit/test_tape_desk.py holds who uses it to that.
        """
        form = form_of(cls)
        whole = form.blank.copy()
        whole.update(values)
        if len(whole) != len(form.blank):
            raise TypeError(f"{cls.__name__} has no {sorted(whole.keys() - form.names)}")
        return made_of(cls, whole, form.told)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """The same message with these values; not validated, as pydantic's own, which takes four
        times as long.
        """
        if deep:
            return super().model_copy(update=update, deep=True)
        values, told = self.__dict__.copy(), self.__pydantic_fields_set__
        if update:
            values.update(update)
            if not update.keys() <= told:
                told = {*told, *update}
        return made_of(type(self), values, told)


M = TypeVar("M", bound=Message)


_NEW = object.__new__
_SLOTS = ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
_PUT_VALUES, _PUT_TOLD, _PUT_EXTRA, _PUT_PRIVATE = (vars(BaseModel)[n].__set__ for n in _SLOTS)
"""The slots themselves: half of the time of `object.__setattr__`, which looks for them by name."""


def made_of(model: type[M], values: dict[str, Any], told: set[str]) -> M:
    """A message with these fields in their order; `told`: those that it was given."""
    made = _NEW(model)
    _PUT_VALUES(made, values)
    _PUT_TOLD(made, told)
    _PUT_EXTRA(made, None)
    _PUT_PRIVATE(made, None)
    return made


def _known(values: dict[str, Any], names: Set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}


class Form(NamedTuple):
    """A message before it has values: its fields in their order, with their defaults."""

    blank: dict[str, Any]
    required: frozenset[str]
    names: Set[str]
    told: set[str]


@cache
def form_of(model: type[Message]) -> Form:
    """What every message of a model begins with; not to be changed."""
    fields = model.model_fields
    blank = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    required = frozenset(name for name, field in fields.items() if field.is_required())
    return Form(blank, required, blank.keys(), set(blank))


class Record(Message):
    """One value on a topic.

    v: schema version of the record; a reader takes only the version it knows.
    id: blake2b of stage, parent's id and n (see engine.identity); cause: the parent's id.
    seq: counts up by one per topic and key; readers drop what they have seen by it.
    event_time: the venue's time in ns, or None where it gives none.
    seen_time: ns, the running maximum of receive times of the key; the only clock of the desk.
    clock: True when the record only carries time onward.
    """

    VERSION: ClassVar[int] = 1

    v: int = 1
    id: str = ""
    cause: str = ""
    seq: int = -1
    key: str = ""
    event_time: int | None = None
    seen_time: int = 0
    clock: bool = False

    @property
    def urgent(self) -> bool:
        """An order hangs on it: it should not wait for company on its way."""
        return False

    @property
    def moment(self) -> int:
        """The time, ns, from which on it is known; it never goes back along a key."""
        return self.seen_time

    def upon(self, before: Record | None) -> Self:
        """The record whole, where it leaves out what the one before it on its key has told."""
        return self

    def identified(
        self, *, id: str, cause: str, seq: int, key: str, seen_time: int, clock: bool
    ) -> Self:
        """The same body with its identity filled in; ours, so not validated again."""
        values, told = self.__dict__.copy(), self.__pydantic_fields_set__
        values["id"], values["cause"], values["seq"] = id, cause, seq
        values["key"], values["seen_time"], values["clock"] = key, seen_time, clock
        if len(told) != len(values):
            told = told | IDENTITY
        return made_of(type(self), values, told)

    def become(
        self, *, id: str, cause: str, seq: int, key: str, seen_time: int, clock: bool
    ) -> Self:
        """As `identified`, of a record that nobody else has yet: in place, which saves a copy."""
        values, told = self.__dict__, self.__pydantic_fields_set__
        values["id"], values["cause"], values["seq"] = id, cause, seq
        values["key"], values["seen_time"], values["clock"] = key, seen_time, clock
        if len(told) != len(values):
            _PUT_TOLD(self, told | IDENTITY)
        return self


IDENTITY = frozenset(("id", "cause", "seq", "key", "seen_time", "clock"))
"""What a record is given with its place on a topic."""


def venue_of(key: str) -> str:
    """The venue of a market key `venue:symbol`, or the account of `account:symbol`."""
    return key.split(":", 1)[0]


def symbol_of(key: str) -> str:
    """The symbol of a key: all behind its first colon (symbols may hold colons themselves)."""
    return key.split(":", 1)[1]
