"""What a demo tells at its end: what passed, was decided and earned, how fast, what failed."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from gateway.recorded.expectation import Expected, faults
from gateway.running.census import Census, percentile
from gateway.running.traders import traders, traders_table
from gateway.terminal.output import Output
from topics import TOPICS
from topics.settings import HOME

WELL = (
    "All counts are those of the recordings; no gap, no dead letter. Every order is accounted for, "
    "and the portfolio is what the fills come to."
)


@dataclass
class Report:
    """A census with what was to be expected of it; `seconds` by what they were spent on.

    environment: what a command must be told to see the desk of the run.
    """

    census: Census
    wanted: Expected
    environment: Mapping[str, str]
    faults: list[str]
    restarts: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, census: Census, wanted: Expected, environment: Mapping[str, str]) -> Report:
        """The report of a run whose desk is found in that environment."""
        return cls(census, wanted, environment, faults(census, wanted))

    def show(self, output: Output) -> None:
        """Print it: one JSON object, or tables and where to look next."""
        if output.json:
            output.object(self.as_json())
            return
        for title, rows in self._sections():
            output.show(_table(title, rows))
        output.show(traders_table(self.census))
        for fault in self.faults:
            output.show(Text(f"does not hold: {fault}", style="bold red"))
        if not self.faults:
            output.show(Text(WELL, style="bold green"))
        output.show(Text("Where to look next:", style="bold"))
        for command, what in self.next():
            output.show(Text.assemble("  ", (command, "cyan"), f"  {what}"))

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        census = self.census
        return {
            "holds": not self.faults,
            "faults": self.faults,
            "records": dict(census.records),
            "events": dict(census.events),
            "expected": self.wanted.events,
            "notices": dict(census.notices),
            "decisions": dict(census.verdicts),
            "orders": {**census.outcomes, "refusals": dict(census.refusals)},
            "states": dict(Counter(census.states.values())),
            "fills": census.fills,
            "stops": census.total("stops"),
            "targets": census.total("targets"),
            "trading": traders(census),
            "portfolio": census.agreements,
            "accounts": census.accounts,
            "positions": census.positions,
            "strategies": census.strategies,
            "events_per_second": round(census.rate),
            "latency_ms": self._latency(),
            "restarts": sum(self.restarts.values()),
            "dead_letters": len(census.letters),
            "seconds": {name: round(spent, 2) for name, spent in self.seconds.items()},
            "home": self.environment.get(HOME, ""),
            "environment": dict(self.environment),
            "order_ids": census.approved[-5:],
        }

    def next(self) -> list[tuple[str, str]]:
        """Three commands that go on from here, with what they show."""
        told = [f"{name}={value}" for name, value in self.environment.items()]
        where = " ".join([*told, command()])
        chosen = (self.census.filled or self.census.approved or ["ORDER"])[-1]
        return [
            (f"{where} why {chosen}", "from this order back to the raw frames, re-computed"),
            (
                f"{where} topics --tail trading.orders --from-beginning",
                "every order and its checks",
            ),
            (f"{where} up", "opens this desk again"),
        ]

    def _latency(self) -> dict[str, dict[str, int]]:
        return {
            topic: {"p50": percentile(values, 0.5), "p99": percentile(values, 0.99)}
            for topic, values in self.census.delays.items()
        }

    def _sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        census = self.census
        return [
            ("what passed", [*_rows(census.events), *_rows(census.notices, "notices: ")]),
            ("records on the topics", _rows(in_flow(census.records))),
            ("what was decided", [
                *_rows(census.verdicts, "decisions: "),
                *_rows(census.outcomes, "orders: "),
                *_rows(census.refusals, "refused: "),
                *_rows(Counter(census.states.values()), "orders now: "),
                ("fills", f"{census.fills:,}"),
                ("stops that fired", f"{census.total('stops'):,}"),
                ("targets that fired", f"{census.total('targets'):,}"),
            ]),
            ("how fast", self._speed()),
        ]  # fmt: skip

    def _speed(self) -> list[tuple[str, str]]:
        delays = [
            (f"raw frame to {topic}", f"p50 {told['p50']} ms, p99 {told['p99']} ms")
            for topic, told in self._latency().items()
        ]
        span = (self.wanted.span.last - self.wanted.span.first) / 1e9
        return [
            ("market played", f"{span:.0f} s in {self.seconds.get('to play', 0):.1f} s"),
            ("market events a second", f"{self.census.rate:,.0f}"),
            *delays,
            ("restarts", str(sum(self.restarts.values()))),
            ("the whole demo", " + ".join(f"{s:.0f} s {what}" for what, s in self.seconds.items())),
        ]


def shown(home: Path) -> str:
    """A path as short as it can be said from here."""
    near = os.path.relpath(home)
    return near if len(near) < len(str(home)) else str(home)


def _rows(counts: Mapping[str, int], before: str = "") -> list[tuple[str, str]]:
    return [(f"{before}{name.replace('_', ' ')}", f"{count:,}") for name, count in counts.items()]


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE,
                  show_header=False, pad_edge=False)  # fmt: skip
    table.add_column(min_width=34)
    table.add_column(justify="right", min_width=12)
    for name, value in rows:
        table.add_row(name, value)
    return table


def command() -> str:
    """What a person types to run this program again from here."""
    return "tapeline" if shutil.which("tapeline") else shown(Path(sys.argv[0]))


def in_flow(records: Mapping[str, int]) -> dict[str, int]:
    """The counts in the order of the map."""
    return {spec.name: records[spec.name] for spec in TOPICS if spec.name in records}
