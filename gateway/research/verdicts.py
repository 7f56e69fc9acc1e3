"""A look through the gate as a record, in a file and for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path

import numpy as np
from rich.console import Group
from rich.table import Table

from engine.indicators import rounded
from engine.research.adoption import CASH, PRESENT, Finding, Verdict
from engine.research.record import AdoptionRecord, Proposed, Told, digest_of
from engine.research.splits import Window
from engine.research.trials import Outcome, Trial
from gateway.research.asked import code
from gateway.research.generating import Stand
from gateway.research.parameters import MODELS
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from topics.funding import told
from topics.settings import Settings

FILE = "adoption.json"
Row = tuple[Window, Outcome | None, Outcome | None]


def strategies_of(known: Settings) -> Told:
    """What the desk trades by, as JSON values: strategies with their own files' hashes, those of
    funding rates, and the sections that decide what comes of them."""
    sections = (*MODELS, "rule", "decisions", "strategies", "accounts", "funding")
    own = {kind: each.digest for kind, each in known.own.items()}
    whole: Told = known.model_dump(mode="json", include=set(sections))
    rates = told(known.rates)
    return {**whole, "own": own, **({"rates": rates} if rates else {})}


def record(
    stand: Stand, verdict: Verdict, taken: Trial, windows: Sequence[Row], tried: int
) -> AdoptionRecord:  # fmt: skip
    """The sealed record of a verdict."""
    asked, ground, made = stand.asked, stand.ground, stand.proposals
    section = ground.section(taken.parameters)
    reasons = list(verdict.taken.refused)
    if made.tainted:
        reasons.append(made.tainted)
    return AdoptionRecord(
        strategy=asked.strategy,
        candidate=Proposed(
            label=verdict.taken.candidate, origin=made.origin, section=section, maker=made.maker,
            digest=digest_of(section),
        ),
        present={
            "settings": digest_of(strategies_of(stand.desk)),
            "replaces": ground.known.strategies.get(asked.strategy),
            "strategies": sorted(ground.known.strategies),
        },
        evidence=_evidence(stand, verdict, tried),
        terms=asdict(asked.terms) | {"objective": asked.objective},
        look={"number": verdict.look, "level": rounded(verdict.level), "tries": verdict.tries},
        findings=tuple(_finding(each) for each in verdict.findings),
        windows=tuple(map(_window, windows)),
        tainted=made.tainted,
        verdict="refused" if reasons else "adopted",
        reasons=tuple(reasons),
    ).sealed()  # fmt: skip


def _evidence(stand: Stand, verdict: Verdict, tried: int) -> Told:
    source, ground = stand.asked.source, stand.ground
    return {
        "files": {path.name: _digest(path) for path in source.files},
        "data": source.digest(ground.known),
        "code": code(),
        "account": ground.account,
        "train": [time_text(each) for each in stand.train],
        "tested": [time_text(stand.tests[0].since), time_text(stand.tests[-1].until)],
        "embargo_seconds": stand.asked.embargo // 10**9,
        "period": ground.period,
        "periods": verdict.periods,
        "tried_on_train": tried,
    }


def _digest(path: Path) -> str:
    return blake2b(path.read_bytes(), digest_size=16).hexdigest()


def _finding(of: Finding) -> Told:
    return {
        "candidate": of.candidate,
        "trips": of.trips,
        "refused": list(of.refused),
        **{name: asdict(row) | {"deflated": of.deflated[name]} for name, row in of.against.items()},
    }


def _window(row: Row) -> Told:
    window, present, candidate = row
    return {
        "since": time_text(window.since),
        "until": time_text(window.until),
        PRESENT: _growth(present),
        "candidate": _growth(candidate),
        "trips": candidate.trips if candidate else 0,
    }


def _growth(of: Outcome | None) -> float | None:
    return None if of is None else rounded(float(np.prod([1 + each for each in of.returns])) - 1)


def written(of: AdoptionRecord, directory: Path) -> Path:
    """The record's file."""
    path = directory / FILE
    made = path.with_suffix(".new")
    made.write_bytes(of.text)
    made.replace(path)
    return path


def show(of: AdoptionRecord, path: Path, output: Output) -> None:
    """The verdict with its figures, and what to do next."""
    if output.json:
        output.object({**of.model_dump(mode="json"), "file": str(path)})
        return
    output.show(Group(_findings(of), _windows(of)))
    level, tries = of.look["level"], of.look["tries"]
    output.show(f"look {of.look['number']} at this evidence, {tries} candidates in all: "
                f"at the level {level:.3g}")  # fmt: skip
    for each in of.reasons:
        output.show(f"  {each}")
    if of.verdict == "adopted":
        output.show(f"{of.candidate.label} may be adopted: tapeline adopt {path}")
    else:
        output.show(f"refused: nothing is adopted ({path} keeps why)")


def _findings(of: AdoptionRecord) -> Table:
    table = Table("candidate", "trips", "against", "mean, bps", "lower bound", "p (SPA)",
                  "p (White)", "deflated", title=f"By {of.evidence['period']}")  # fmt: skip
    for each in of.findings:
        for name in (PRESENT, CASH):
            if (row := each.get(name)) is not None:
                deflated = "" if row["deflated"] is None else f"{row['deflated']:.1%}"
                table.add_row(
                    each["candidate"], f"{each['trips']}", name, f"{row['mean'] * 1e4:.3f}",
                    f"{row['low'] * 1e4:.3f}", f"{row['spa']:.3f}", f"{row['reality_check']:.3f}",
                    deflated,
                )  # fmt: skip
    return table


def _windows(of: AdoptionRecord) -> Table:
    table = Table("test span from", "desk as it is", of.candidate.label, "trips")
    for each in of.windows:
        shares = (each[PRESENT], each["candidate"])
        table.add_row(each["since"], *(f"{share or 0:.2%}" for share in shares), str(each["trips"]))
    return table
