"""Candles, forms and models for tests of what learns."""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from engine.learning.model import Model
from engine.learning.vector import BARS

HOUR = 3600 * 10**9
START = 1_600_000_000 // 3600 * 3600


def walk(count: int, seed: int = 1, back: float = 0.5) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Closes that tend to turn back, so that there is something to be learnt; with 0 there is
    nothing."""
    random = np.random.Generator(np.random.PCG64(seed))
    shocks = random.normal(0, 0.006, count)
    steps = shocks.copy()
    for n in range(1, count):
        steps[n] = shocks[n] - back * steps[n - 1]
    return np.asarray(100 * np.exp(np.cumsum(steps)))


def write_candles(path: Path, count: int = 900, seed: int = 1, back: float = 0.5) -> Path:
    """Hourly candles as a gzipped CSV."""
    closes = walk(count + 1, seed, back)
    lines = ["date,open,high,low,close,volume"]
    random = np.random.Generator(np.random.PCG64(seed + 100))
    for n, (opened, close) in enumerate(pairwise(closes)):
        high, low = max(opened, close) * 1.002, min(opened, close) * 0.998
        size = 5 + 5 * random.random()
        row = [f"{each:.2f}" for each in (opened, high, low, close)]
        lines.append(f"{(START + 3600 * n) * 10**9},{','.join(row)},{size:.3f}")
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    return path


def tree(**changed: Any) -> dict[str, Any]:
    """One tree of a root and two leaves, on the first input at 0: -0.4 below, 0.4 above."""
    return {
        "feature": [0, -1, -1], "threshold": [0.0, 0.0, 0.0], "left": [1, -1, -1],
        "right": [2, -1, -1], "unknown_left": [True, False, False], "value": [0.0, -0.4, 0.4],
        "roots": [0], "outputs": [0], **changed,
    }  # fmt: skip


def head(**changed: Any) -> dict[str, Any]:
    return {"link": "logistic", "base": [0.0], "rate": [0.5], "trees": tree(), **changed}


def form(**changed: Any) -> dict[str, Any]:
    """A model that goes by the first input alone: `return_z_1`."""
    return {
        "format": 1, "kind": "boosting", "target": "horizon", "interval": HOUR, "horizon": 2,
        "barrier": 1.0, "outlook": 24, "reach": 3.0, "cutoff": START * 10**9,
        "inputs": list(BARS), "heads": {"direction": head()}, **changed,
    }  # fmt: skip


def policy_form(**changed: Any) -> dict[str, Any]:
    """A policy that goes by the first input alone, `return_z_1`: long from 1 on, kept down to 0."""
    count = len(BARS)
    linear = {"mean": [0.0] * count, "deviation": [1.0] * count,
              "coefficients": [[1.0] + [0.0] * (count - 1)]}  # fmt: skip
    return {
        "format": 1, "kind": "policy", "interval": HOUR, "cutoff": START * 10**9,
        "inputs": list(BARS), "linear": linear, "bias": 0.0, "stay": 1.0, **changed,
    }  # fmt: skip


def changed_from(file: Path, into: Path, bar: int, **other: Any) -> Path:
    """The same candles up to one, and others from it on."""
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    count = len(lines) - 1
    rest = gzip.decompress(write_candles(into, count, **other).read_bytes()).decode().splitlines()
    text = "\n".join(lines[: bar + 1] + rest[bar + 1 :])
    into.write_bytes(gzip.compress(text.encode(), mtime=0))
    return into


def model(**changed: Any) -> Model:
    return Model.model_validate(form(**changed))
