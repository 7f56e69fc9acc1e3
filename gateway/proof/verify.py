"""`tapeline verify`: a past run made again from its raw records, every derived byte compared."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway.proof.cutting import CUTS, cut
from gateway.proof.own_files import other_files
from gateway.proof.source import sources
from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Findings, Verification
from gateway.terminal.output import Output
from schemas import names
from schemas.errors import TapelineError
from topics.settings import settings

SHOWN = 20
"""Differences that are written out for people."""


def verify(
    run: str | None, directory: Path | None, output: Output, look_ahead: bool = False
) -> int:
    """Compare the run whose topics have that prefix (None: that of the settings); 1 when a byte
    differs, when there is nothing to compare, or when the beginning is gone. directory: an archive
    to read in place of a broker. look_ahead: make the markets' part again of the run cut short, too
    (gateway.proof.cutting)."""
    chosen = settings() if run is None else settings().model_copy(update={"prefix": run})
    began = time.monotonic()
    with (
        sources(chosen, directory, output, Sweep) as (known, source),
        Console(stderr=True).status("reading ...") as status,
    ):
        early = cut(known, source, status.update) if look_ahead else []
        found = Verification(known, source, status.update).run()
        found.differences.extend(early)
        others = other_files(known, source)
    for text in others:
        output.note(text)
    if not found.markets:
        raise TapelineError(
            f"{chosen.physical(names.RAW)} holds nothing: play something first (`tapeline demo`), "
            "or name the prefix of the run's topics"
        )
    if look_ahead and not early:
        output.note(f"cut at {CUTS} times: what was before each comes out without what came later")
    if output.json:
        output.object(as_json(found, time.monotonic() - began))
    else:
        _show(found, time.monotonic() - began, output)
    return int(bool(found.differences))


def as_json(found: Findings, took: float) -> dict[str, object]:
    """Everything, for programs."""
    return {
        "identical": not found.differences,
        "markets": found.markets,
        "accounts": found.accounts,
        "preceded": found.preceded,
        "records": dict(found.same),
        "recorded": dict(found.verdict.recorded),
        "differences": found.differences,
        "seconds": round(took, 3),
    }


def _show(found: Findings, took: float, output: Output) -> None:
    table = Table("topic", "records", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for topic, count in found.same.items():
        table.add_row(topic, f"{count:,}")
    output.show(table)
    for text in found.differences[:SHOWN]:
        output.note(f"different: {text}")
    if found.differences:
        output.note(f"{len(found.differences)} markets or accounts differ; {took:.1f} s")
        return
    output.note(f"every input of {found.preceded:,} decisions is on record before them")
    records = sum(found.same.values())
    output.note(
        f"0 of {records:,} records differ: {found.markets} markets, {found.accounts} accounts, "
        f"{took:.1f} s"
    )
