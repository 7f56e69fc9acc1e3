"""Strategies of depth runs by name, or as a file of the user's; and their settings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from infra.local.errors import LocalError

BUILT_IN = ("avellaneda", "grid")
SUFFIX = ".py"


@dataclass(frozen=True)
class DepthStrategy:
    """act: (desk, settings), to be compiled; settings: a NamedTuple of numbers, with `every`."""

    name: str
    act: Any
    settings: Any


def strategy(name: str, given: Sequence[str]) -> DepthStrategy:
    """By its name, or the path of its file, with `setting=value` texts; LocalError if it is none.

    A file has `act` and `Settings`, as engine.depth.view says.
    """
    module = _of_file(Path(name)) if name.endswith(SUFFIX) else _built_in(name)
    act, kind = getattr(module, "act", None), getattr(module, "Settings", None)
    if not callable(act) or not hasattr(kind, "_field_defaults"):
        raise LocalError(f"{name} lacks act(desk, settings) or Settings, a NamedTuple: see "
                         "docs/replay.md, a market maker on the depth")  # fmt: skip
    return DepthStrategy(Path(name).stem, act, _settings(kind, given))


def _built_in(name: str) -> ModuleType:
    if name not in BUILT_IN:
        raise LocalError(
            f"no depth strategy is named {name!r}: choose from {', '.join(BUILT_IN)}, or name a "
            f"file that ends in {SUFFIX}"
        )
    return import_module(f"engine.depth.{name}")


def _of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise LocalError(f"there is no strategy {path}: name a file that exists")
    spec = spec_from_file_location(f"depth_strategy_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LocalError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    return module


def _settings(kind: Any, given: Sequence[str]) -> Any:
    """The defaults with what was given; whole numbers stay whole."""
    defaults: dict[str, Any] = dict(kind._field_defaults)
    if set(kind._fields) != set(defaults) or not isinstance(defaults.get("every"), int):
        raise LocalError("Settings needs a default for each field, and `every`: ns between acts")
    for text in given:
        name, _, value = text.partition("=")
        if name not in defaults:
            raise LocalError(f"there is no setting {name!r}: choose from {', '.join(defaults)}")
        try:
            defaults[name] = type(defaults[name])(value)
        except ValueError as error:
            raise LocalError(f"--set {text}: {name} is a number like {defaults[name]}") from error
    if defaults["every"] <= 0:
        raise LocalError("--set every: a strategy acts every so many ns, more than 0")
    return kind(**defaults)
