"""How long positions of a trial were bare while its executor and the exchange were up."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson

from tests.chaos.executor.exposure import LIMIT, Bare, Covers, Filled, Span, bare, during, outside
from tests.chaos.executor.recording import Recorder, Struck
from tests.chaos.executor.sitting import marks
from tests.chaos.executor.spec import Spec


class Stretch(NamedTuple):
    """A position was bare for so many milliseconds without a break, while the executor was up."""

    symbol: str
    ms: float


@dataclass
class Watch:
    """Of one trial's account, from where it is made. up: when sittings were ready to work; faults:
    when faults of the exchange were at work on them.
    """

    recorder: Recorder
    account: str
    up: list[Span] = field(default_factory=list)
    faults: list[Span] = field(default_factory=list)

    events: list[Filled | Covers] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder.begin(self.account)

    def sat(self, spec: Spec, struck: Iterable[Struck]) -> None:
        """A sitting is over; the faults that it met."""
        now = self.recorder.now()
        self.struck += (met := list(struck))
        told = ready(marks(spec), now)
        if told is not None:
            self.up.append(told)
            hindered = (each.hinders for each in met)
            self.faults += [part for one in hindered if one for part in during(one, [told])]

    def over(self, wanting: Collection[str]) -> tuple[list[Stretch], list[Stretch]]:
        """The stretches of bare time while all were up, and those while a fault was at work.

        wanting: client ids of entries that named a stop.
        """
        events, now = self.recorder.taken(self.account), self.recorder.now()
        self.events = events
        calm, hindered = [], []
        for each in bare(events, wanting, now):
            for part in during(each.span, self.up):
                calm += [stretch(each, one) for one in outside(part, self.faults)]
                hindered += [stretch(each, one) for one in during(part, merged(self.faults))]
        return calm, hindered

    def keep(self, file: Path) -> None:
        """Write down what the exchange had, for whoever looks for a fault."""
        kinds = {"up": self.up, "faults": self.faults}
        rows = [[name, *span] for name, spans in kinds.items() for span in spans]
        rows += [["struck", *each.times, each.fault.model_dump()] for each in self.struck]
        rows += [[type(each).__name__, *each] for each in self.events]
        file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def ready(file: Path, now: int) -> Span | None:
    """When a sitting was up, by what it has written; None if it never was. It is taken to have been
    up until `now` where it did not tell of its end. The file is gone after it.
    """
    if not file.is_file():
        return None
    told = dict(line.split() for line in file.read_text().splitlines())
    file.unlink()
    return Span(int(told["ready"]), int(told.get("over", now))) if "ready" in told else None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that do not touch."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def stretch(bare: Bare, span: Span) -> Stretch:
    """A part of a bare time."""
    return Stretch(bare.symbol, round((span.end - span.begin) / 1e6, 3))


def exceeded(stretches: Iterable[Stretch]) -> list[str]:
    """Those that were too long, as faults of a trial."""
    return [
        f"unprotected: {each.symbol}: bare for {each.ms:.0f} ms"
        for each in stretches
        if each.ms > LIMIT / 1e6
    ]
