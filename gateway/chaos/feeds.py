"""`tapeline chaos feeds`: the live collector at a rate with faults, judged by what it was sent."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from gateway.chaos.executor import checkout
from gateway.terminal.output import Output
from infra.local.errors import LocalError

SHOWN = 20
"""Faults that are told one by one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line says. mutant: a collector that drops a frame in two hundred."""

    played: tuple[str, ...]
    rate: float
    seconds: float
    seed: int
    home: Path | None
    mutant: bool


def run(told: Told, output: Output) -> int:
    """Hold the trial in a new folder of `home`; 0 when it has no fault (of a mutant: when it has).

    LocalError outside a checkout and for a venue that has no recordings.
    """
    checkout("feeds")
    spec = importlib.import_module("tests.chaos.feeds.spec")
    trial = importlib.import_module("tests.chaos.feeds.run")
    if unknown := [name for name in told.played if name not in spec.FILES]:
        choice = ", ".join(spec.FILES)
        raise LocalError(f"nothing is recorded of {unknown[0]}: choose from {choice}")
    if told.home is not None:
        told.home.mkdir(parents=True, exist_ok=True)
    place = Path(mkdtemp(prefix="tapeline-feeds-", dir=told.home))
    wanted = spec.Spec(told.played, told.rate, told.seconds, told.seed)
    collector = trial.MUTANT if told.mutant else trial.COLLECTOR
    result = trial.hold(place, wanted, collector=collector)
    _tell(result, place, output)
    return int(not result.faults if told.mutant else bool(trial.found(result)))


def _tell(result: Any, place: Path, output: Output) -> None:
    if output.json:
        return output.object({**vars(result), "home": str(place)})
    for fault in result.faults[:SHOWN]:
        output.note(fault)
    for name in ("struck", "ends", "books", "decisions", "lags", "cpu"):
        told = ", ".join(f"{key} {value}" for key, value in getattr(result, name).items())
        output.note(f"{name}: {told}")
    output.note(
        f"{result.rate:.0f} frames/s for {result.seconds:.0f} s: {result.sent} sent, "
        f"{result.received} received, {result.lost} lost with their connections; "
        f"{len(result.faults)} faults; {place}"
    )
