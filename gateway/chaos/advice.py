"""`tapeline chaos advice`: orders while advisors are slow, fail and lie; with them and without."""

from __future__ import annotations

import importlib
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from gateway.chaos.executor import checkout
from gateway.terminal.output import Output

SHOWN = 20
"""Faults that are told one by one."""


def run(speed: float, seconds: float, home: Path | None, mutant: bool, output: Output) -> int:
    """Hold the trial in a new folder of `home`; 0 when it has no fault.

    seconds: of the recording, 0 for all. mutant: strategies that cannot do without their advisors;
    0 when it is seen that they stand still. LocalError outside a checkout.
    """
    checkout("advice")
    spec = importlib.import_module("tests.chaos.advice.spec")
    trial = importlib.import_module("tests.chaos.advice.run")
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
    place = Path(mkdtemp(prefix="tapeline-advice-", dir=home))
    result = trial.hold(place, spec.Spec(speed=speed, seconds=seconds, leaning=mutant))
    faults = trial.found(result)
    _tell(result, faults, place, output)
    if mutant:
        return int(not any(fault.startswith("halted") for fault in faults))
    return int(bool(faults))


def _tell(result: Any, faults: list[str], place: Path, output: Output) -> None:
    if output.json:
        return output.object({**vars(result), "found": faults, "home": str(place)})
    for fault in faults[:SHOWN]:
        output.note(fault)
    for weather, told in result.answers.items():
        answers = ", ".join(f"{name} {count}" for name, count in sorted(told.items()))
        notices = ", ".join(f"{n} {count}" for n, count in result.fallbacks[weather].items())
        output.note(f"{weather}: {result.orders[weather]} orders; answers {answers}; {notices}")
    cpu = ", ".join(f"{name} {value:g}" for name, value in result.cpu.items())
    output.note(f"CPU seconds: {cpu}")
    latency = ", ".join(f"{name} {value:g}" for name, value in result.latency.items())
    output.note(f"raw record to order, ms: {latency}")
    output.note(f"{len(faults)} faults; {place}")
