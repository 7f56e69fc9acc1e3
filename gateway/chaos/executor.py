"""`tapeline chaos executor`: killed where it hurts most, judged by the exchange's own books."""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from gateway.terminal.output import Output
from infra.local.errors import LocalError

SUBJECTS = ("executor", "feeds", "advice", "gateway")
ROOT = Path(__file__).resolve().parents[2]
NEVER = ("doubled", "lost", "fills", "positions")
"""What must not be found: see tests/chaos/executor/judge.py."""


def chaos(
    subject: str, trials: int, seed: int, system: int, home: Path | None, lanes: int, mutant: bool,
    output: Output,
) -> int:  # fmt: skip
    """Hold the trials that were not held in `home` before; 0 when none of them has a fault.

    In JSON one object a trial, as it ends, and a last one with the sums. mutant: with the journal
    switched off; 0 when effects that were had twice are found. LocalError outside a checkout.
    """
    checkout(subject)
    kinds = [("run", trials)] if trials else []
    kinds += [("system", system)] if system else []
    place, good = home or Path(mkdtemp(prefix="tapeline-chaos-")), True
    for kind, count in kinds:
        part = importlib.import_module(f"tests.chaos.{subject}.{kind}")
        heard = Progress(count, output).heard
        held = part.hold(place, count, seed, heard, journal=not mutant, lanes=lanes)
        results = asyncio.run(held)
        _sum(kind, part.summary(results), output)
        good &= part.kept(results, journal=not mutant)
    return int(not good)


def checkout(subject: str) -> None:
    """Make the trials of a subject importable; LocalError where there are none."""
    if subject not in SUBJECTS:
        raise LocalError(f"no chaos is named {subject!r}: choose from {', '.join(SUBJECTS)}")
    if not (ROOT / "tests" / "chaos" / subject / "run.py").is_file():
        raise LocalError(
            "`tapeline chaos` needs a checkout: run it from the repository, installed there"
        )
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))


class Progress:
    """Tells of each trial as it ends."""

    def __init__(self, count: int, output: Output) -> None:
        self._count, self._output, self._heard = count, output, 0

    def heard(self, result: Any) -> None:
        """A line on a terminal, an object in JSON."""
        self._heard += 1
        if self._output.json:
            return self._output.object(vars(result))
        died = ", ".join(result.deaths) or "nowhere"
        what = "; ".join(result.faults) or "no fault"
        self._output.note(
            f"{self._heard}/{self._count} trial {result.number}: died at {died}: {what}"
        )


def _sum(kind: str, found: dict[str, Any], output: Output) -> None:
    if output.json:
        output.object({"summary": kind, **found})
        return
    deaths = ", ".join(f"{name} {count}" for name, count in found["deaths"].items())
    faults = ", ".join(f"{name} {found[name]}" for name in NEVER)
    output.note(
        f"{found['trials']} trials, {found['died']} of them died ({deaths or 'nowhere'}), "
        f"{found['commands']} commands, {found['executions']} executions: {faults}; "
        f"faulty trials: {found['faulty'] or 'none'}"
    )
