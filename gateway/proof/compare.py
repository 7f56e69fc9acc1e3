"""`tapeline compare`: what a run earned beside its own backtest, or another run, by cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from heapq import merge
from pathlib import Path
from typing import Any

from rich.console import Console

from engine.costs import EXACT, text
from engine.performance.divergence import Divergence, Parts, added, divergences
from engine.performance.runs import Order, Run
from engine.portfolio import PortfolioSettings
from engine.replay.desk import Delays, Desk, Row
from gateway.advice.advice_inputs import of_source
from gateway.backtests.backtest import listed
from gateway.backtests.stages import Stages
from gateway.proof.published import Source
from gateway.proof.source import sources
from gateway.proof.sweep import Sweep
from gateway.terminal.output import Output
from gateway.watching.earnings import money, table
from schemas import names
from schemas.advice import Advice
from schemas.codec import HEAD, decode
from schemas.commands import ControlCommand
from schemas.errors import Poison, TapelineError
from schemas.instruments import Instrument
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.statuses import Status
from schemas.ticks import Ticks
from topics.settings import Settings, settings

SHOWN = 20
"""Orders that people are shown, by the size of their difference."""

CAUSES = tuple(each.name for each in fields(Parts))


class NothingToCompare(TapelineError):
    """Two runs without an order that was filled."""


@dataclass(frozen=True)
class Comparison:
    """One account in two runs. funding: what the second run has paid more of it, in quote."""

    account: str
    rows: list[Divergence]
    funding: Decimal
    foreign: int

    @classmethod
    def of(cls, one: Run, other: Run, rules: PortfolioSettings) -> Comparison:
        """Every order that either has filled."""
        funding = EXACT.subtract(other.funding, one.funding)
        rows = [*divergences(one, other, rules)]
        return cls(one.account, rows, funding, one.foreign + other.foreign)

    @property
    def parts(self) -> Parts:
        """Of all orders."""
        return sum((row.parts for row in self.rows), Parts())

    @property
    def difference(self) -> Decimal:
        """Of both runs' earnings: what the parts and funding add up to."""
        return EXACT.add(self.parts.total, self.funding)

    def as_json(self) -> dict[str, Any]:
        """For programs; money as decimal text."""
        return {
            "account": self.account,
            "pnl": [*map(text, _sums(self.rows))],
            "difference": text(self.difference),
            **_texts(self.parts),
            "funding": text(self.funding),
            "fees_in_other_currencies": self.foreign,
            "orders": [_row(row) for row in self.rows],
        }

    def show(self, output: Output) -> None:
        """For people: the sum, then the orders that differ most."""
        heading = ("order", ">one", ">other", ">difference", *(f">{name}" for name in CAUSES))
        rows = [_line("all orders", *_sums(self.rows), self.parts)]
        differ = [row for row in self.rows if row.parts.total]
        differ.sort(key=lambda row: -abs(row.parts.total))
        rows += [_line(_name(row), *row.worth, row.parts) for row in differ[:SHOWN]]
        output.show(table(heading, rows))
        output.note(
            f"{self.account}: {len(self.rows)} orders, {len(differ)} of them differ; in quote, "
            f"valued at one mark: {text(self.difference)}, of which funding {text(self.funding)}"
        )
        for row in differ[:SHOWN]:
            if row.note:
                output.note(f"{_name(row)}: {row.note}")
        if self.foreign:
            output.note(f"{self.foreign} fills paid fees in other currencies: not reckoned here")


def compare(
    run: str | None, other: str | None, directory: Path | None, account: str | None, output: Output
) -> int:
    """Compare the run of that prefix (None: that of the settings) with the run of the prefix
    `other`, or, where that is None, with a backtest of its own raw records and people's commands
    under these settings. directory: an archive to read in place of a broker."""
    chosen = settings() if run is None else settings().model_copy(update={"prefix": run})
    wanted = chosen.accounts if account is None else (account,)
    with (
        sources(chosen, directory, output, Sweep) as (known, source),
        Console(stderr=True).status("reading ...") as status,
    ):
        ones = recorded(source, wanted)
        if other is None:
            others = replayed(source, known, wanted, status.update)
        else:
            beside = chosen.model_copy(update={"prefix": other})
            with sources(beside, directory, output, Sweep) as (_, second):
                others = recorded(second, wanted)
    rules = chosen.of("portfolio", PortfolioSettings)
    found = [Comparison.of(ones[name], others[name], rules) for name in wanted]
    tell([each for each in found if each.rows], output)
    return 0


def tell(found: list[Comparison], output: Output) -> None:
    """Each account's; NothingToCompare for none."""
    if not found:
        raise NothingToCompare(
            "neither run has filled an order: name the run's prefix, and --account where it is not "
            "one of the settings"
        )
    for each in found:
        if output.json:
            output.object(each.as_json())
        else:
            each.show(output)


def recorded(source: Source, accounts: tuple[str, ...]) -> dict[str, Run]:
    """What a past run has on its topics, by account. Poison is passed over: verify names it."""
    runs = {name: Run(name) for name in accounts}
    decisions = set()
    for _, value in source.of_all(names.DECISIONS):
        if head := HEAD.match(value):
            decisions.add(head[1].decode())
    for run in runs.values():
        run.decisions = decisions
        for record in _of_account(source, run.account):
            run.take(record)
    return runs


def _of_account(source: Source, account: str) -> Iterator[Record]:
    for _, value in source.of_all(names.TICKS):
        if b'"type":"gap"' in value:
            yield from _decoded(Ticks, value)
    for _, value in source.of_account(names.ORDERS, account):
        if b'"outcome":"held"' not in value:
            yield from _decoded(OrderDecision, value)
    for _, value in source.of_account(names.STATUSES, account):
        yield from _decoded(Status, value)


def _decoded(model: type[Any], value: bytes) -> Iterator[Any]:
    try:
        yield decode(model, value)
    except Poison:
        return


def replayed(
    source: Source, known: Settings, accounts: tuple[str, ...],
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Run]:  # fmt: skip
    """What a backtest of the run's own raw records and people's commands makes, by account."""
    runs = {name: Run(name) for name in accounts}
    desk = Desk(Stages.of(known), known.accounts, known.of("backtest", Delays))
    for number, (_, record) in enumerate(desk.run(inputs(source, known))):
        if number % 10_000 == 0:
            say(f"the run again: {number:,} records ...")
        for run in runs.values():
            run.take(record)
    return runs


def inputs(source: Source, known: Settings) -> Iterator[Row]:
    """All that came in from outside, in order of time: instruments first."""
    told = dict[str, Record]()
    for _, value in source.of_all(names.INSTRUMENTS):
        for row in _decoded(Instrument, value):
            told.setdefault(row.key, row)
    yield from ((names.INSTRUMENTS, row) for row in told.values())
    yield from (row for row in listed(known) if row[1].key not in told)
    streams = [_rows(source.of(names.RAW, key), RawFrame) for key in sorted(source.keys(names.RAW))]
    streams.append(_rows(source.of_all(names.COMMANDS), ControlCommand))
    streams.append(iter(of_source(source)))
    rows = merge(*streams, key=lambda record: record.seen_time)
    yield from ((_topic(record), record) for record in rows)


def _rows(values: Any, model: type[Any]) -> Iterator[Any]:
    for _, value in values:
        yield from _decoded(model, value)


def _topic(record: Record) -> str:
    if isinstance(record, Advice):
        return names.ADVICE
    return names.RAW if isinstance(record, RawFrame) else names.COMMANDS


def _texts(parts: Parts) -> dict[str, str]:
    return {name: text(getattr(parts, name)) for name in CAUSES}


def _row(row: Divergence) -> dict[str, Any]:
    return {
        "order": row.key, "symbol": row.symbol, "strategy": row.strategy,
        "client_order_ids": [each.client_order_id if each else None
                             for each in (row.one, row.other)],
        "filled": [_quantity(each) for each in (row.one, row.other)],
        "pnl": [text(each) for each in row.worth], "difference": text(row.parts.total),
        **_texts(row.parts), "note": row.note,
    }  # fmt: skip


def _quantity(order: Order | None) -> str:
    fills = order.fills if order else []
    return text(added(*(Decimal(each.quantity or 0) for each in fills)))


def _name(row: Divergence) -> str:
    order = row.one or row.other
    return f"{order.client_order_id if order else row.key} {row.symbol}"


def _sums(rows: list[Divergence]) -> tuple[Decimal, Decimal]:
    return added(*(row.worth[0] for row in rows)), added(*(row.worth[1] for row in rows))


def _line(name: str, one: Decimal, other: Decimal, parts: Parts) -> tuple[str, ...]:
    causes = (money(text(getattr(parts, cause))) for cause in CAUSES)
    return name, money(text(one)), money(text(other)), money(text(parts.total)), *causes
