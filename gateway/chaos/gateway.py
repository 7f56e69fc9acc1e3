"""`tapeline chaos gateway`: commands under keys while all that the gateway stands on is killed."""

from __future__ import annotations

import importlib
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

from gateway.chaos.executor import checkout
from gateway.terminal.output import Output


def run(trials: int, seed: int, home: Path | None, mutant: bool, output: Output) -> int:
    """Hold trials, each in a new folder of `home`; 0 when no command is lost or doubled.

    In JSON one object a trial, as it ends. Each kills the gateway, Redis, the database (PostgreSQL
    in every other trial, else SQLite is locked) and the broker in an order of its own. mutant: the
    gateway takes no notice of keys; 0 when doubled commands are seen.

    LocalError outside a checkout.
    """
    checkout("gateway")
    spec = importlib.import_module("tests.chaos.gateway.spec")
    trial = importlib.import_module("tests.chaos.gateway.run")
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
    faulty = doubled = 0
    for number in range(trials):
        place = Path(mkdtemp(prefix="tapeline-gateway-", dir=home))
        kills = tuple(Random(f"{seed} {number}").sample(spec.ALL, len(spec.ALL)))
        asked = spec.Spec(seed=seed + number, kills=kills, postgres=number % 2 == 0, mutant=mutant)
        label = f"trial {number + 1} of {trials}"
        result = trial.hold(
            place, asked, number, heard=lambda what, label=label: output.note(f"{label}: {what}")
        )
        faults = trial.found(result)
        faulty, doubled = faulty + bool(faults), doubled + len(result.doubled)
        _tell(result, faults, output)
    return int(not doubled if mutant else faulty > 0)


def _tell(result: Any, faults: list[str], output: Output) -> None:
    if output.json:
        return output.object({**vars(result), "found": faults})
    answers = ", ".join(f"{name} {count}" for name, count in sorted(result.answers.items()))
    output.note(
        f"trial {result.number + 1} on {result.database}: killed {', '.join(result.deaths)}; "
        f"{result.commands} commands in {result.tries} requests ({answers}), "
        f"{len(result.doubled)} doubled, {len(result.lost)} lost; {len(faults)} faults"
    )
    for fault in faults[:20]:
        output.note(f"  {fault}")
    return None
