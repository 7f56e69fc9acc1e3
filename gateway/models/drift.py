"""`tapeline models drift`: how far candles are from what a model was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.text import Text

from engine.bars import interval_name
from engine.learning.drift import DriftSettings, psi
from engine.learning.model import Model
from engine.learning.policy import Policy
from engine.learning.stored import stored as read
from gateway.models.series import TooShort, series
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from topics.settings import settings


def drift(name: str, version: str, files: Sequence[Path], window: int, output: Output) -> int:
    """Windows of so many bars, each a tenth of one after the other, of every file.

    Tells of each file the share of windows that a desk would call drifted, and of the last one the
    stability index of each input; 1 where the last window of any file has drifted.
    """
    stored = settings().models.load(name, version)
    model, of = read(stored.model), DriftSettings(window=window)
    rows = [_row(path, model, of) for path in files]
    if output.json:
        output.lines(rows)
    else:
        _shown(stored.title, rows, of, output)
    return int(any(row["drifted"] for row in rows))


def _row(path: Path, model: Model | Policy, of: DriftSettings) -> dict[str, Any]:
    found = series(path, model.interval, model.inputs, settings())
    columns = {one: found.inputs[:, model.inputs.index(one)] for one in model.reference}
    known = found.inputs[np.isfinite(found.inputs).all(axis=1).argmax() :]
    skipped, count = len(found.inputs) - len(known), len(known)
    if count < of.window:
        length = interval_name(model.interval)
        raise TooShort(f"{path.name} has {count} bars of {length} with all inputs: give --window")
    means = []
    for first in range(skipped, skipped + count - of.window + 1, of.window // 10):
        indices = {
            one: psi(bins.counts(columns[one][first : first + of.window]), bins.shares)
            for one, bins in model.reference.items()
        }
        means.append(sum(indices.values()) / len(indices))
    return {
        "file": path.name, "bars": count, "windows": len(means),
        "drifted_share": float(np.mean([each >= of.limit for each in means])),
        "highest": max(means), "last": means[-1], "drifted": means[-1] >= of.limit,
        "inputs": dict(sorted(indices.items(), key=lambda pair: -pair[1])),
    }  # fmt: skip


def _shown(title: str, rows: Sequence[dict[str, Any]], of: DriftSettings, output: Output) -> None:
    headings = (
        "file", ">bars", ">windows", ">drifted", ">highest", ">last", "furthest inputs of the last",
    )  # fmt: skip
    told = [
        (
            row["file"], f"{row['bars']:,}", str(row["windows"]), f"{row['drifted_share']:.1%}",
            f"{row['highest']:.3f}", f"{row['last']:.3f}",
            ", ".join(f"{one} {index:.2f}" for one, index in [*row["inputs"].items()][:4]),
        )
        for row in rows
    ]  # fmt: skip
    output.show(Text(f"{title}: windows of {of.window} bars, drifted from {of.limit} on"))
    output.show(table(headings, told))
