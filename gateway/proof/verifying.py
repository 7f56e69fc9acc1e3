"""A whole past run made again from its raw records, and compared byte by byte.

    market.raw -> ticks, bars, signals, decisions       every market, from its first record
    market.ticks -> market.books                        each symbol that is consolidated
    trading.decisions -> trading.orders                 every account, on what it says it had read
    trading.orders -> journal, statuses                 paper accounts; a live one's statuses are
                                                        set beside its journal
    trading.statuses -> trading.portfolio; control.commands -> control.state

A market or an account is followed up to its first difference; the others go on. Cost: each topic is
read once, an account's four times; memory grows with markets and open orders, not with history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.books import BooksSettings
from engine.execution import ExecutionSettings, ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.risk import RiskSettings
from engine.stage import Cell, Output
from gateway.proof.books import books
from gateway.proof.comparison import Comparison, Different, Verdict, first_difference
from gateway.proof.published import Source
from gateway.proof.recompute import Markets, market_cells
from gateway.proof.recompute_orders import Past, controlled, steps
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison, SequenceGap
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import venue_of
from schemas.statuses import JournalEntry, Status
from schemas.system import DeadLetter
from topics.settings import Settings

MARKET = (names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
BURIED = "ended stage"
"""How the letter of a record begins that a stage gave up on: nothing was made of it."""


@dataclass
class Findings:
    """What came out again by topic, and the first difference of each market and account."""

    verdict: Verdict = field(default_factory=Verdict)
    differences: list[str] = field(default_factory=list)
    markets: int = 0
    accounts: int = 0

    @property
    def same(self) -> Counter[str]:
        """Records that came out byte for byte, by topic."""
        return self.verdict.same


class Verification:
    """One past run. tell: hears what is being computed."""

    def __init__(
        self, settings: Settings, source: Source, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._settings, self._source, self._tell = settings, source, tell
        self._buried = set(buried(source))
        self.found = Findings()

    def run(self) -> Findings:
        """All of it."""
        self._markets()
        consolidated = self._settings.of("books", BooksSettings)
        for symbol in consolidated.symbols:
            self._tell(f"{symbol}: its book over venues ...")
            self._within(books, symbol, consolidated, self._source, self.found.verdict)
        for account in sorted(self._accounts()):
            self.found.accounts += 1
            live = account not in self._settings.paper
            for part in (self._orders, self._recorded if live else self._venue, self._worth):
                self._tell(f"{account}: {part.__name__.strip('_')} ...")
                self._within(part, account)
        return self.found

    def _within(self, part: Callable[..., None], *given: Any) -> bool:
        """Run it up to its first difference; True when there is none."""
        try:
            part(*given)
        except (Different, SequenceGap, Poison) as different:
            self.found.differences.append(str(different))
            return False
        return True

    def _markets(self) -> None:
        """Every market from its raw records to its decisions."""
        comparison = Comparison(self._source, self.found.verdict)
        cells: dict[str, dict[str, Cell[Any]]] = {}
        broken: set[str] = set()
        for key, seq, value in self._source.keyed(names.RAW):
            if key not in cells:
                cells[key] = market_cells(self._settings, key)
                self._tell(f"the market {key} ...")
                if seq:
                    text = f"{names.RAW} {key} begins at seq {seq}: the rest is gone"
                    self.found.differences.append(text)
                    broken.add(key)
            if key not in broken and not self._within(
                self._raw, key, value, cells[key], comparison
            ):
                broken.add(key)
        self.found.markets = len(cells)
        for (topic, key), seq in comparison.left():
            if key not in broken:
                self.found.differences.append(f"{topic} {key} seq {seq}: nothing makes it again")

    def _raw(
        self, key: str, value: bytes, cells: dict[str, Cell[Any]], comparison: Comparison
    ) -> None:
        try:
            raw = decode(RawFrame, value)
        except Poison:
            cells[names.RAW].forget(names.RAW, key)
            return
        self._pass(Output(names.RAW, key, raw), cells, comparison)

    def _pass(self, given: Output, cells: dict[str, Cell[Any]], comparison: Comparison) -> None:
        """One record through its stage, and what that makes through the next ones."""
        cell = cells.get(given.topic)
        if cell is None:
            return
        if (given.topic, given.key, given.record.seq) in self._buried:
            cell.skip(given.topic, given.record)
            return
        try:
            made = cell.take(given.topic, given.record)
        except Poison:
            return  # it has its letter, and gave nothing
        for each in made:
            if each.topic in MARKET:
                comparison.meet(each)
                self._pass(each, cells, comparison)

    def _accounts(self) -> set[str]:
        """The accounts that have orders or statuses."""
        topics = names.ORDERS, names.STATUSES
        return {venue_of(key) for topic in topics for key, _, _ in self._source.keyed(topic)}

    def _orders(self, account: str) -> None:
        """An account's records, each on what it says that it had read."""
        risk, verdict = self._settings.of("risk", RiskSettings), Verdict()
        cell: Cell[Any] = Cell.fresh(OrdersStage(self._settings.accounts, risk), account)
        past = Past(cell, self._settings, self._source, verdict)
        try:
            for published in steps(self._source.of_account(names.ORDERS, account)):
                past.redo(published)
        finally:
            self.found.same[names.ORDERS] += verdict.same[names.ORDERS]

    def _venue(self, account: str) -> None:
        """What the simulated venue did with a paper account's orders."""
        stage = ExecutionStage(self._settings.of("execution", ExecutionSettings))
        cell = Cell.fresh(stage, account)
        comparison = Comparison(self._source, self.found.verdict)
        markets = Markets(self._source)
        for _, value in self._source.of_account(names.ORDERS, account):
            order = decode(OrderDecision, value)
            markets.follow(stage, cell.state, f"{order.venue}:{order.symbol}", order.tick)
            for made in cell.take(names.ORDERS, order):
                comparison.meet(made)
        self._whole(comparison)

    def _recorded(self, account: str) -> None:
        """A live account's statuses beside the journal and the archive that tell them."""
        told: dict[str, Status] = {}
        for topic in (names.ARCHIVE, names.JOURNAL):
            for _, value in self._source.of_all(topic):
                entry = decode(JournalEntry, value)
                if entry.command.account == account:
                    told.update({status.id: status for status in entry.statuses})
        for _, value in self._source.of_account(names.STATUSES, account):
            status = decode(Status, value)
            known = told.get(status.id)
            if known is None:
                continue
            if (journalled := encode(known)) != value:
                where = f"{names.STATUSES} {status.key} seq {status.seq} is not as journalled"
                raise Different(f"{where}: {first_difference(value, journalled)}")
            self.found.verdict.recorded[names.STATUSES] += 1

    def _worth(self, account: str) -> None:
        """Portfolio rows from statuses, control rows from people's commands."""
        comparison = Comparison(self._source, self.found.verdict)
        stage: Any = PortfolioStage(self._settings.of("portfolio", PortfolioSettings))
        cell = Cell.fresh(stage, account)
        for _, value in self._source.of_account(names.STATUSES, account):
            for made in cell.take(names.STATUSES, decode(Status, value)):
                comparison.meet(made)
        commands = self._source.of_all(names.COMMANDS)
        for made in controlled(self._settings, account, commands):
            comparison.meet(made)
        self._whole(comparison)

    def _whole(self, comparison: Comparison) -> None:
        """Nothing may be left that nothing makes again."""
        for (topic, key), seq in comparison.left():
            raise Different(f"{topic} {key} seq {seq}: nothing makes it again")


def buried(source: Source) -> Iterator[tuple[str, str, int]]:
    """(topic, key, sequence) of the records that a stage gave up on."""
    for _, value in source.of_all(names.LETTERS):
        letter = decode(DeadLetter, value)
        if letter.source_seq is not None and letter.reason.startswith(BURIED):
            yield letter.topic, letter.source_key, letter.source_seq
