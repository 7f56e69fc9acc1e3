"""`tapeline bench`: measured figures, ours and the peer side by side in one run."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from gateway.benches import BENCHES
from gateway.terminal.output import Output, console
from infra.local.errors import LocalError

ROOT = Path(__file__).resolve().parent.parent

Row = Mapping[str, Any]


def bench(name: str, rounds: int, seconds: float | None, events: int | None, output: Output) -> int:
    """Run one bench and print a row a case; 1 when a service level that it names is missed.

    A row is {"bench", "case", "unit", "ours", "peers", "ratio"}: ratio is ours over the best peer,
    None without one. Where a level is promised it has "level" too: {"at_most": x} or {"over": x},
    or in times a peer of the same run {"at_least_times": {peer: x}}, {"at_most_times": {peer: x}}.
    A peer that could not run is in "missing", with the reason. LocalError outside a checkout, for
    a bench that there is not, or for `events` where a bench does not count them.
    """
    if name not in BENCHES:
        raise LocalError(f"no bench is named {name!r}: choose from {', '.join(BENCHES)}")
    if not (ROOT / "tests" / "bench" / f"{name}.py").is_file():
        raise LocalError(
            "`tapeline bench` needs a checkout: run it from the repository, installed there"
        )
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    rows = importlib.import_module(f"tests.bench.{name}").rows
    if events is None:
        return int(not _show(rows(rounds, seconds), output))
    if "events" not in inspect.signature(rows).parameters:
        raise LocalError(f"`tapeline bench {name}` takes no --events")
    return int(not _show(rows(rounds, seconds, events=events), output))


def _show(rows: Iterable[Row], output: Output) -> bool:
    """Print the rows as they come; True when every level is met."""
    seen = []
    for row in rows:
        seen.append(row)
        if output.json:
            output.object(row)
        else:
            output.note(f"{row['case']}: {row['ours']:,} {row['unit']}")
    if not output.json:
        console().print(_table(seen))
    return all(map(met, seen))


def met(row: Row) -> bool:
    """Whether a row keeps to the level that is promised of it, if any is."""
    level, ours, peers = row.get("level", {}), row["ours"], row["peers"]
    floors, ceilings = level.get("at_least_times", {}), level.get("at_most_times", {})
    return bool(
        ours <= level.get("at_most", ours)
        and ours > level.get("over", ours - 1)
        and all(ours >= times * peers[name] for name, times in floors.items())
        and all(ours <= times * peers[name] for name, times in ceilings.items())
    )


def _table(rows: Iterable[Row]) -> Table:
    table = Table("case", "unit", "ours", "peers", "ratio", "level")
    for row in rows:
        peers = ", ".join(f"{value:,} ({name})" for name, value in row["peers"].items())
        peers = "; ".join(filter(None, [peers, *row.get("missing", {}).values()]))
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        table.add_row(row["case"], row["unit"], f"{row['ours']:,}", peers, ratio, _promise(row))
    return table


def _promise(row: Row) -> str:
    """The level in words with its outcome; "" where none is promised."""
    told = [_level(word, x) for word, x in row.get("level", {}).items()]
    return " ".join([*told, "✓" if met(row) else "✗"]) if told else ""


def _level(word: str, x: float | Mapping[str, float]) -> str:
    """`at most 100.0`, `at least 0.75 times bare confluent-kafka`."""
    if not isinstance(x, Mapping):
        return f"{word.replace('_', ' ')} {x:,}"
    start = word.removesuffix("_times").replace("_", " ")
    return ", ".join(f"{start} {times:g} times {peer}" for peer, times in x.items())
