"""Settings with other values by their dotted names, and whether the engine would take them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.execution import ExecutionSettings
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays
from engine.research.spaces import Axis, NoSpace, Parameters, Space, Value, text
from engine.risk import RiskSettings
from engine.signals import SignalSettings
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksSettings
from schemas.decisions import MAIN
from topics.settings import Settings

MODELS: Mapping[str, type[BaseModel]] = {
    "ticks": TicksSettings,
    "signals": SignalSettings,
    "risk": RiskSettings,
    "execution": ExecutionSettings,
    "portfolio": PortfolioSettings,
    "backtest": Delays,
}
"""Sections of one stage each; those of StrategySections are the others."""


OF_STRATEGIES = "risk.strategies."
"""Where an account's settings of a strategy are: by its name, whether or not it has any yet."""


def varied(known: Settings, parameters: Parameters) -> Settings:
    """The settings with these values; NoSpace where a name leads through what is no table."""
    sections = {name.split(".")[0] for name in parameters}
    update = {section: deepcopy(getattr(known, section)) for section in sections}
    for name, value in parameters.items():
        *tables, last = name.split(".")
        table: Any = update
        for part in tables:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise NoSpace(f"{name}: {part} is set to {table}, which is no table")
        table[last] = value
    return known.model_copy(update=update)


def problem(known: Settings) -> tuple[tuple[str, ...], str] | None:
    """Why the engine's models do not take the settings: the place and what is wrong; else None."""
    try:
        _models(known)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return tuple(map(str, found["loc"])), found["msg"]
    return None


def refusal(known: Settings) -> str:
    """Why a trial's settings cannot be run, in one line; "" where they can."""
    found = problem(known)
    return "" if found is None else f"{'.'.join(found[0])}: {found[1]}"


def checked(known: Settings, space: Space) -> None:
    """NoSpace, in one line with what is known, where a name is none of the settings' or a value
    can never be its."""
    for axis in space.axes:
        named(known, axis.name)
        for end in axis.ends:
            found = problem(varied(known, {axis.name: end}))
            if found is not None and _of_itself(axis, *found):
                raise NoSpace(f"{axis.name}={text(end)}: {found[1]}")


def _of_itself(axis: Axis, place: tuple[str, ...], said: str) -> bool:
    """Whether it is the value alone that is wrong, and not how it stands to another setting."""
    last = axis.name.split(".")[-1]
    return place[-1:] == (last,) or said.startswith(f"{last}: ")


def named(known: Settings, name: str) -> None:
    """NoSpace unless a dotted name is that of a setting, as far as the models tell."""
    there: Any = _models(known)
    section, *more = name.split(".")
    if section in there and not more:
        listed = ", ".join(sorted(_names(there[section]) or ()))
        raise NoSpace(f"{name} is a table: name one of its settings: {listed}")
    if name.startswith(OF_STRATEGIES):
        there = {"risk": {"strategies": dict.fromkeys(there["strategies"] or (MAIN,))}}
    for part in name.split("."):
        names = _names(there)
        if names is None:
            return
        if part not in names:
            listed = ", ".join(sorted(names)) or "none"
            raise NoSpace(f"{name}: there is no {part} here: known are {listed}")
        there = there[part] if isinstance(there, Mapping) else getattr(there, part)


def _names(there: Any) -> set[str] | None:
    """What may be named next; None where anything may."""
    if isinstance(there, BaseModel):
        return set(type(there).model_fields) - {"kind"}
    return set(there) if isinstance(there, Mapping) and there else None


def _models(known: Settings) -> dict[str, Any]:
    """The settings as the engine has them, by section; ValidationError with the section's name."""
    found: dict[str, Any] = {}
    for section, model in MODELS.items():
        try:
            found[section] = model.model_validate(getattr(known, section))
        except ValidationError as error:
            raise _placed(error, section) from error
    names = StrategySections.model_fields
    given = {name: getattr(known, name) for name in names}
    made = StrategySections.model_validate(given, context=known.classes)
    return found | {name: getattr(made, name) for name in names}


def _placed(error: ValidationError, section: str) -> ValidationError:
    rows: Any = [
        {"type": each["type"], "loc": (section, *each["loc"]), "input": each.get("input"),
         "ctx": each.get("ctx", {})}
        for each in error.errors(include_url=False)
    ]  # fmt: skip
    return ValidationError.from_exception_data(error.title, rows)


def lines(parameters: Parameters) -> str:
    """The parameters as lines of a TOML file, dotted."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in parameters.items())


def _toml(value: Value) -> str:
    quoted = isinstance(value, str)
    return f'"{value}"' if quoted else "# none" if value is None else text(value)
