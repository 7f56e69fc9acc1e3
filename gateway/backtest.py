"""`tapeline backtest`: recordings through every stage in this process, without a broker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, takewhile
from pathlib import Path

from engine.analytics import Span
from engine.feeds.recorded import Opening, route_of
from engine.framing import raw_records
from engine.identity import raw_id
from engine.performance.attribution import Reasons
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk, Row
from engine.replay.precedence import Peek, Precedence
from gateway.earnings import Earnings
from gateway.output import Output
from gateway.playing import absolute, span
from gateway.pnl import books, compared
from gateway.replay import bars
from gateway.replayed import Inputs, archived
from gateway.reports.report import Wanted, report
from gateway.span import time_text
from gateway.stages import Stages
from infra import recordings
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision
from schemas.errors import TapelineError
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.statuses import Status
from topics.recording import begins, instruments, listings, merged, run_of
from topics.settings import Settings, settings

WHOLE = Span()

TURN = 500
"""Raw records between two looks at the progress."""

SHOWN = 5
"""Peeks that are told one by one."""


class NothingThere(TapelineError):
    """A span in which the recordings hold nothing."""


@dataclass
class Results:
    """What a backtest has made. letters: records that a stage could not take. portfolio: the last
    row of each key. reasons: what orders were for. peeks: the first records that rest on what came
    later, which makes a backtest worthless.
    """

    records: Counter[str] = field(default_factory=Counter)
    statuses: list[Status] = field(default_factory=list)
    portfolio: dict[str, Portfolio] = field(default_factory=dict)
    reasons: Reasons = field(default_factory=Reasons)
    letters: int = 0
    seconds: float = 0.0
    peeks: list[Peek] = field(default_factory=list)
    precedence: Precedence = field(default_factory=Precedence)

    def take(self, topic: str, record: Record) -> None:
        """Keep what earnings and reports are made of."""
        self.records[topic] += 1
        for peek in self.precedence.take(topic, record):
            if len(self.peeks) < SHOWN:
                self.peeks.append(peek)
        if isinstance(record, Status):
            self.statuses.append(record)
        elif isinstance(record, Portfolio):
            self.portfolio[record.key] = record
        elif isinstance(record, Decision):
            self.reasons.decision(record)
        elif isinstance(record, OrderDecision):
            self.reasons.order(record)


def raw(files: tuple[Path, ...], known: Settings, market: str | None) -> Iterator[RawFrame]:
    """The records that the raw stage would write of these recordings."""
    listed, linger = listings(known.listings or recordings.LISTINGS), known.linger * 1_000_000
    routes = [
        (path, route_of(Opening(*begins(path)), listed, known.venue, market).route)
        for path in files
    ]
    return raw_records(merged(routes), known.run or run_of(files, linger), linger)


def listed(known: Settings) -> Iterator[Row]:
    """What may be traded, known before anything else."""
    for row in instruments(known.instruments or recordings.INSTRUMENTS):
        key = f"{row.venue}:{row.symbol}"
        told = {"seq": 0, "key": key, "id": raw_id("instruments", key, 0)}
        yield names.INSTRUMENTS, row.model_copy(update=told)


def backtest(
    files: list[Path], venue: str | None, market: str | None, curve: bool, output: Output,
    wanted: Wanted | None = None, within: Span = WHOLE, archive: tuple[Path, str] | None = None,
) -> int:  # fmt: skip
    """Play the files, or a run of an archive, and tell what was earned, with a report where one is
    wanted; 1 where a record could not be taken, or rests on what came later. within: when the
    accounts trade (see `played`)."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    if archive is None:
        results = run(absolute(files), known, market or known.market, output, within)
    else:
        results = played(archived(*archive, listed(known)), known, output, within)
    return tell(results, known, curve, output, wanted)


def tell(
    results: Results, known: Settings, curve: bool, output: Output, wanted: Wanted | None
) -> int:
    """What a backtest has made, with a report where one is wanted; 1 where a record could not be
    taken, or rests on what came later."""
    if output.json:
        output.object({
            "records": dict(results.records),
            "letters": results.letters,
            "peeks": results.precedence.peeks,
            "preceded": results.precedence.decisions,
            "seconds": round(results.seconds, 3),
        })  # fmt: skip
    rules = known.of("portfolio", PortfolioSettings)
    rows = {key: encode(row) for key, row in results.portfolio.items()}
    found = books(results.statuses, rules)
    for name, book in found.items():
        earned = Earnings.of(name, book, None, WHOLE, rules)
        earned.show(output, compared(book, rows), curve)
    if wanted is not None:
        report(found, results.reasons, rules, wanted, output)
    if not results.statuses:
        output.note("nothing was traded: see `tapeline decode` for what the files hold")
    for peek in results.peeks:
        output.note(f"not to be trusted: {peek}")
    output.note(told(results))
    return int(results.letters + results.precedence.peeks > 0)


def run(
    paths: tuple[Path, ...], known: Settings, market: str | None, output: Output,
    within: Span = WHOLE,
) -> Results:  # fmt: skip
    """Recordings, all of them."""
    frames = ((names.RAW, each) for each in raw(paths, known, market))
    return played(Inputs(chain(listed(known), frames), span(paths)), known, output, within)


def played(inputs: Inputs, known: Settings, output: Output, within: Span = WHOLE) -> Results:
    """All of it, with progress. What was received before the span warms the market up, and no
    account trades on it; what was received after it is not read; NothingThere where that is all."""
    results, whole, began = Results(), inputs.whole, time.monotonic()
    overlapping(within, Span(whole.first, whole.last + 1))
    desk = Desk(Stages.of(known), known.accounts, known.of("backtest", Delays), within.since)
    rows = takewhile(lambda row: row[0] != names.RAW or _before(row[1], within.until), inputs.rows)
    with bars(output) as progress:
        task = progress.add_task("backtest", total=1.0, said="")
        for topic, record in desk.run(rows):
            results.take(topic, record)
            if topic == names.RAW and results.records[topic] % TURN == 0:
                said = f"{results.records[topic]:,} records"
                progress.update(task, completed=whole.share(record.seen_time), said=said)
    results.letters = len(desk.letters) + len(inputs.unread)
    results.seconds = time.monotonic() - began
    return results


def overlapping(within: Span, whole: Span) -> None:
    """Raise NothingThere unless a span has a part of the whole."""
    first, last = whole.since or 0, (whole.until or 0) - 1
    late = within.since is not None and within.since > last
    early = within.until is not None and within.until <= first
    if late or early:
        held = f"{time_text(first)} to {time_text(last)}"
        raise NothingThere(f"--from and --to leave nothing: the files hold {held}")


def _before(record: Record, until: int | None) -> bool:
    return until is None or record.seen_time < until


def told(results: Results) -> str:
    """In one line."""
    counts = ", ".join(f"{count:,} {topic}" for topic, count in results.records.items())
    letters = f"; {results.letters} could not be taken" if results.letters else ""
    return f"{counts} in {results.seconds:.1f} s{letters}"
