"""`tapeline backtest`: recordings through every stage in this process, without a broker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile
from pathlib import Path

from engine.advice.ledger import Ledger
from engine.analytics import Span
from engine.framing import raw_records
from engine.identity import raw_id
from engine.performance.attribution import Reasons
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk, Row
from engine.replay.precedence import Peek, Precedence
from gateway.advice.advice_inputs import beside, unanswered
from gateway.advice.advice_inputs import told as advised
from gateway.backtests.funding import funded
from gateway.backtests.replayed import Inputs, archived
from gateway.backtests.stages import Stages
from gateway.jobs.progress import bars
from gateway.recorded.files import absolute
from gateway.recorded.inputs import Flaws, as_json, inspected, routed, spanned, tell
from gateway.reports.report import Wanted, report
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from gateway.watching.books import Book, books, compared, kept
from gateway.watching.earnings import Earnings
from infra import recordings
from schemas import names
from schemas.advice import Advice
from schemas.codec import encode
from schemas.decisions import Decision
from schemas.errors import TapelineError
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.statuses import JournalEntry, Status
from topics.inspection import Inspection
from topics.recording import instruments, merged, run_of
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
    later, which makes a backtest worthless. bars: how many were judged, where those on which no
    account acts are counted and no records are made of them. ledger: what advisors have said;
    unanswered: those that have not, in words. rows: all of the portfolio, where the run keeps them;
    else they are computed again of the statuses.
    """

    records: Counter[str] = field(default_factory=Counter)
    statuses: list[Status] = field(default_factory=list)
    portfolio: dict[str, Portfolio] = field(default_factory=dict)
    reasons: Reasons = field(default_factory=Reasons)
    letters: int = 0
    bars: int = 0
    rows: list[Portfolio] | None = None
    seconds: float = 0.0
    inspection: Inspection = field(default_factory=Inspection)
    flaws: Flaws = field(default_factory=Flaws)
    peeks: list[Peek] = field(default_factory=list)
    precedence: Precedence = field(default_factory=Precedence)
    ledger: Ledger = field(default_factory=Ledger)
    unanswered: list[str] = field(default_factory=list)

    def take(self, topic: str, record: Record) -> None:
        """Keep what earnings and reports are made of."""
        self.records[topic] += 1
        if isinstance(record, Portfolio):
            self.portfolio[record.key] = record
            if self.rows is not None:
                self.rows.append(record)
        elif isinstance(record, Status):
            self.statuses.append(record)
        elif isinstance(record, OrderDecision):
            self.reasons.order(record)
        elif not isinstance(record, JournalEntry):
            self._judge(topic, record)

    def _judge(self, topic: str, record: Record) -> None:
        """Keep what is to be said of the market's records and decisions."""
        self.flaws.take(record)
        self.ledger.take(record)
        for peek in self.precedence.take(topic, record):
            if len(self.peeks) < SHOWN:
                self.peeks.append(peek)
        if isinstance(record, Decision):
            self.reasons.decision(record)


def raw(files: tuple[Path, ...], known: Settings, market: str | None) -> Iterator[RawFrame]:
    """The records that the raw stage would write of these recordings."""
    linger = known.linger * 1_000_000
    run = known.run or run_of(files, linger)
    return raw_records(merged(routed(files, known, market)), run, linger)


def listed(known: Settings) -> Iterator[Row]:
    """What may be traded, known before anything else."""
    for row in instruments(known.instruments or recordings.INSTRUMENTS):
        key = f"{row.venue}:{row.symbol}"
        told = {"seq": 0, "key": key, "id": raw_id("instruments", key, 0)}
        yield names.INSTRUMENTS, row.model_copy(update=told)


def backtest(
    files: list[Path], venue: str | None, market: str | None, curve: bool, output: Output,
    wanted: Wanted | None = None, within: Span = WHOLE, archive: tuple[Path, str] | None = None,
    advice: Sequence[Advice] = (),
) -> int:  # fmt: skip
    """Play the files, or a run of an archive, and tell what was earned, with a report where one is
    wanted; 1 where a record could not be taken, a frame not be read, or something rests on what
    came later. within: when the accounts trade (see `played`); advice: as it was recorded."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    known = funded(known, output)
    results = played(inputs_of(files, archive, known, market, advice), known, output, within)
    return shown(results, known, curve, output, wanted)


def shown(
    results: Results, known: Settings, curve: bool, output: Output, wanted: Wanted | None
) -> int:
    """What a backtest has made, with a report where one is wanted; 1 where a record could not be
    taken, a frame not be read, or something rests on what came later."""
    if output.json:
        output.object({
            "records": dict(results.records),
            "letters": results.letters,
            **({"bars": results.bars} if results.bars else {}),
            "peeks": results.precedence.peeks,
            "preceded": results.precedence.decisions,
            "seconds": round(results.seconds, 3),
            "advice": results.ledger.as_json(),
            "input": {**as_json(results.inspection), **results.flaws.as_json()},
        })  # fmt: skip
    rules = known.of("portfolio", PortfolioSettings)
    found = _books(results, rules)
    rows = {key: encode(row) for key, row in results.portfolio.items()}
    earned = {name: Earnings.of(name, book, None, WHOLE, rules) for name, book in found.items()}
    for name, book in found.items():
        agreement = "own" if results.rows is not None else compared(book, rows)
        earned[name].show(output, agreement, curve)
    if wanted is not None:
        report(found, results.reasons, rules, wanted, output, results.ledger, earned)
    if not results.statuses:
        output.note("nothing was traded: see `tapeline decode` for what the files hold")
    for peek in results.peeks:
        output.note(f"not to be trusted: {peek}")
    tell(chain(results.inspection.notes(), results.flaws.notes()), output)
    for line in chain(advised(results.ledger), results.unanswered):
        output.note(f"advice: {line}")
    output.note(told(results))
    return int(results.letters + results.precedence.peeks + results.flaws.unreadable > 0)


def _books(results: Results, rules: PortfolioSettings) -> dict[str, Book]:
    if results.rows is None:
        return books(results.statuses, rules)
    return kept(results.statuses, results.rows, rules)


def run(
    paths: tuple[Path, ...], known: Settings, market: str | None, output: Output,
    within: Span = WHOLE,
) -> Results:  # fmt: skip
    """Recordings, all of them; BrokenRecording, NothingReadable for what is none."""
    return played(inputs_of(paths, None, known, market), known, output, within)


def played(inputs: Inputs, known: Settings, output: Output, within: Span = WHOLE) -> Results:
    """All of it, with progress. What was received before the span warms the market up, and no
    account trades on it; what was received after it is not read; NothingThere where that is all."""
    whole, began, stage = inputs.whole, time.monotonic(), Stages.of(known).decisions
    results = Results(ledger=Ledger(stage.strategies))
    overlapping(within, Span(whole.first, whole.last + 1))
    desk, rows = desk_of(known, within), rows_of(inputs, within)
    with bars(output) as progress:
        task = progress.add_task("backtest", total=1.0, said="")
        for topic, record in desk.run(rows):
            results.take(topic, record)
            if topic == names.RAW and results.records[topic] % TURN == 0:
                said = f"{results.records[topic]:,} records"
                progress.update(task, completed=whole.share(record.seen_time), said=said)
    results.letters = len(desk.letters) + len(inputs.unread)
    results.seconds = time.monotonic() - began
    results.unanswered.extend(unanswered(stage, results.ledger))
    results.inspection = inputs.inspection
    results.flaws.judge(inputs.inspection)
    return results


def desk_of(known: Settings, within: Span) -> Desk:
    """A desk that has seen nothing, whose accounts trade in the span."""
    return Desk(Stages.of(known), known.accounts, known.of("backtest", Delays), within.since)


def inputs_of(
    files: Sequence[Path], archive: tuple[Path, str] | None, known: Settings, market: str | None,
    advice: Sequence[Advice] = (),
) -> Inputs:  # fmt: skip
    """What is played: recordings, or a run of an archive; before it what may be traded, beside it
    what advisors had said."""
    if archive is not None:
        found = archived(*archive, listed(known))
        found.rows = beside(found.rows, advice)
        return found
    paths, market = absolute(files), market or known.market
    inspection = inspected(paths, known, market)
    frames = ((names.RAW, each) for each in raw(paths, known, market))
    rows = beside(chain(listed(known), frames), advice)
    return Inputs(rows, spanned(inspection), inspection)


def rows_of(inputs: Inputs, within: Span) -> Iterator[Row]:
    """What was received before the span's end."""
    return takewhile(lambda row: row[0] != names.RAW or _before(row[1], within.until), inputs.rows)


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
    judged = f"{results.bars:,} bars judged, " if results.bars else ""
    return f"{judged}{counts} in {results.seconds:.1f} s{letters}"
