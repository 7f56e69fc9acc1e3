"""`tapeline models compare`: a champion and a challenger on bars that neither has learnt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from engine.learning.rivals import Difference
from gateway.jobs.progress import bars
from gateway.models.match import Compared, Match, NoMatch, Part, of_candles, of_records
from gateway.proof.source import sources
from gateway.proof.sweep import Sweep
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from topics.models.store import Store, Stored
from topics.settings import Settings, settings

HEADINGS = ("", ">champion", ">challenger", ">better by", ">from", ">to (95 %)")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two models are held against each other on: files of candles, else what a desk has
    recorded of both, on its topics or in an archive. fee_bps, seed: as in Match."""

    files: tuple[Path, ...] = ()
    archive: Path | None = None
    fee_bps: float = 5.0
    seed: int = 1


def compare(champion: str, challenger: str, recorded: bool, on: Evidence, output: Output) -> int:
    """Tell how much better the challenger is, in every figure, and what that comes to; 0."""
    known = settings()
    if recorded == bool(on.files):
        raise NoMatch("name candles with --data FILE, or say --recorded, one of the two")
    pair = (named(known.models, champion), named(known.models, challenger))
    found = held(Match(*pair, on.fee_bps, on.seed), on, known, output)
    if output.json:
        output.object(found.as_json())
    else:
        _shown(found, output)
    return 0


def named(store: Store, text: str) -> Stored:
    """NAME, the version that is asked where none is named, or NAME@VERSION."""
    name, _, version = text.partition("@")
    return store.load(name, version)


def held(match: Match, on: Evidence, known: Settings, output: Output) -> Compared:
    """The match on that evidence; NoMatch where it has no bar that can be used."""
    if match.champion.digest == match.challenger.digest:
        raise NoMatch(f"{match.champion.title} and {match.challenger.title} are the same model")
    if on.files:
        return match.judged(_played(match, on.files, known, output), "candles")
    with sources(known, on.archive, output, Sweep) as (_, source):
        return match.judged(of_records(match, source), "recorded")


def _played(match: Match, files: Sequence[Path], known: Settings, output: Output) -> list[Part]:
    with bars(output) as progress:
        task = progress.add_task("compare", total=len(files), said="")
        parts = []
        for path in files:
            progress.update(task, said=path.name)
            parts.append(of_candles(match, path, known))
            progress.advance(task)
    return parts


def _shown(found: Compared, output: Output) -> None:
    of = found.match
    output.show(Text(f"{of.champion.title} (champion), {of.challenger.title} (challenger)"))
    output.show(table(HEADINGS, [_row(name, each) for name, each in found.figures.items()]))
    told = found.as_json()
    left = f"; {found.early:,} bars that one may know are left out" if found.early else ""
    output.show(Text(
        f"{found.outcomes:,} outcomes, {found.markets} market{'s' * (found.markets > 1)}, "
        f"{told['from']} to {told['to']}{left}"
    ))  # fmt: skip
    if len(found.figures) == 1:
        output.show(Text("they do not foretell the same, or its outcome is not in the record"))
    output.show(Text(found.text, style="bold"))


def _row(name: str, of: Difference) -> tuple[str, ...]:
    by = ("-", "-", "-") if of.by is None else tuple(f"{each:+.4g}" for each in
        (of.by.value, of.by.low, of.by.high))  # fmt: skip
    return (name, f"{of.champion:.5g}", f"{of.challenger:.5g}", *by)
