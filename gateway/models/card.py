"""A model's bytes, and its card: where it came from, and how good it is."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import version
from typing import Any

from engine.bars import interval_name
from engine.learning.model import Model
from gateway.models.fitting import Recipe
from gateway.models.samples import Aim, Samples
from gateway.models.series import Series
from gateway.models.training import Foretold
from gateway.terminal.span import time_text

CODE = (
    "engine.features", "engine.indicators", "engine.scores", "engine.signals",
    "engine.learning.calibration", "engine.learning.logistic", "engine.learning.model",
    "engine.learning.purging", "engine.learning.scoring", "engine.learning.targets",
    "engine.learning.trees", "engine.learning.vector", "gateway.models.fitting",
    "gateway.models.samples", "gateway.models.series", "gateway.models.training",
)  # fmt: skip
"""Whose sources make a model what it is."""

LIBRARIES = ("scikit-learn", "numpy", "scipy", "ta-lib")


def code() -> str:
    """A digest of the sources that make a model what it is."""
    sources = "".join(inspect.getsource(import_module(name)) for name in CODE)
    return blake2b(sources.encode(), digest_size=8).hexdigest()


def text_of(model: Model) -> bytes:
    """The bytes of model.json: the same model gives the same."""
    return model.model_dump_json(exclude_none=True).encode() + b"\n"


def card(
    model: Model, foretold: dict[str, Foretold], found: Sequence[Series], given: Samples,
    aim: Aim, recipe: Recipe, signals: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """All that a reader of a model should know; nothing in it depends on when it was trained.
    signals: the section of the settings that the inputs were made under."""
    return {
        "kind": recipe.kind,
        "target": asdict(aim),
        "interval": interval_name(model.interval),
        "cutoff": time_text(model.cutoff),
        "inputs": list(model.inputs),
        "signals": signals,
        "samples": len(given),
        "data": [file_told(each) for each in found],
        "seed": recipe.seed,
        "recipe": {name: each for name, each in asdict(recipe).items() if name not in _OTHER},
        "walk_forward": {name: each.quality(name) for name, each in foretold.items()},
        "calibration": {
            name: head.calibration.model_dump()
            for name, head in model.heads.items() if head.calibration is not None
        },
        "code": {"tapeline": version("tapeline"), "digest": code()},
        "libraries": {name: version(name) for name in LIBRARIES},
    }  # fmt: skip


_OTHER = ("kind", "seed")


def file_told(of: Series) -> dict[str, Any]:
    """A file of candles as a card names it."""
    first, last = int(of.close_time[0]) - of.interval, int(of.close_time[-1])
    return {
        "file": of.path.name, "digest": of.digest, "bars": len(of.close_time),
        "from": time_text(first), "to": time_text(last),
    }  # fmt: skip
