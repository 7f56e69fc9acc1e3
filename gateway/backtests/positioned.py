"""`tapeline backtest --as-recorded`: a past run once more, its accounts as they judged then.

From its market.raw everything is made again in one process, as in any backtest; only when feedback
arrived is taken from the run (engine.replay.positions). So orders and fills are those of the run,
byte by byte, and it is told whether they are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from engine.advice.ledger import Ledger
from engine.replay.desk import Delays, Row
from engine.replay.positions import AccountStages, Positioned
from engine.stage import Output as Made
from gateway.backtests.backtest import Results, shown
from gateway.backtests.stages import Stages
from gateway.proof.compare import inputs
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source
from gateway.proof.recalled import Recalled
from gateway.proof.recompute_orders import steps
from gateway.proof.source import sources
from gateway.proof.sweep import Sweep
from gateway.reports.report import Wanted
from gateway.terminal.output import Output
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlCommand
from schemas.instruments import Instrument
from schemas.orders import Read
from topics.settings import Settings, settings

TURN = 10_000
"""Records between two looks at the progress."""

COMPARED = (names.ORDERS, names.JOURNAL, names.STATUSES, names.PORTFOLIO)
"""What the accounts make, and the run has published."""


@dataclass
class Played:
    """What came of it. same: records that are the run's, byte by byte; differences: the first one
    of each account, and steps of the run that were not come to.
    """

    results: Results = field(default_factory=Results)
    verdict: Verdict = field(default_factory=Verdict)
    differences: list[str] = field(default_factory=list)


def as_recorded(
    run: str | None, directory: Path | None, curve: bool, output: Output, wanted: Wanted | None
) -> int:
    """Play the run of that prefix (None: that of the settings) from its topics, or from an archive;
    1 where what its accounts do is not what they did."""
    chosen = settings() if not run else settings().model_copy(update={"prefix": run})
    with (
        sources(chosen, directory, output, Sweep) as (known, source),
        Console(stderr=True).status("reading ...") as status,
    ):
        found = Played()
        for number, (topic, record) in enumerate(played(source, known, found)):
            found.results.take(topic, record)
            if number % TURN == 0:
                status.update(f"the run again: {number:,} records ...")
    if output.json:
        output.object({"same": dict(found.verdict.same), "differences": found.differences})
    code = shown(found.results, chosen, curve, output, wanted)
    for text in found.differences:
        output.note(f"not as recorded: {text}")
    same = ", ".join(f"{count:,} {topic}" for topic, count in found.verdict.same.items())
    output.note(f"as recorded, byte by byte: {same or 'nothing'}")
    return int(code or found.differences != [])


def played(source: Source, known: Settings, found: Played) -> Iterator[Row]:
    """Every record: the market's, then what each paper account makes of it."""
    stages, began = Stages.of(known), time.monotonic()
    delays = known.of("backtest", Delays)
    desk = Recalled(stages, delays, source, found.verdict, found.differences)
    found.results.ledger = Ledger(stages.decisions.strategies)
    accounts = {name: positioned(name, stages, source) for name in known.paper}
    comparisons = {name: Comparison(source, found.verdict) for name in accounts}
    for topic, record in desk.run(row for row in inputs(source, known) if row[0] != names.ADVICE):
        yield topic, record
        for name, account in accounts.items():
            for row in account.hear(record):
                _beside(row, name, comparisons, found)
                yield row
    for name, account in accounts.items():
        if (left := account.waits_for) is not None:
            found.differences.append(f"{name} had met {left.topic} {left.key} seq {left.seq}")
    found.results.letters = len(desk.letters)
    found.results.seconds = time.monotonic() - began


def positioned(account: str, stages: Stages, source: Source) -> Positioned:
    """An account of the run."""
    of_accounts = AccountStages(stages.orders, stages.execution, stages.portfolio, stages.control)
    commands = (decode(ControlCommand, value) for _, value in source.of_all(names.COMMANDS))
    instruments = (decode(Instrument, value) for _, value in source.of_all(names.INSTRUMENTS))
    return Positioned(account, of_accounts, _reads(account, source), instruments, commands)


def _reads(account: str, source: Source) -> Iterator[Sequence[Read]]:
    for step in steps(source.of_account(names.ORDERS, account)):
        yield step[0][0].reads


def _beside(row: Row, account: str, comparisons: dict[str, Comparison], found: Played) -> None:
    """Compare it with the run's, up to the account's first difference."""
    if row[0] not in COMPARED or account not in comparisons:
        return
    try:
        comparisons[account].meet(Made(row[0], row[1].key, row[1]))
    except Different as different:
        found.differences.append(str(different))
        del comparisons[account]
