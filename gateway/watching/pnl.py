"""`tapeline pnl`: what was earned, by account, strategy and symbol, over any span of time.

The portfolio is computed again from trading.statuses by the same code as the agent's (a compacted
topic keeps no history), and compared with what trading.portfolio tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from engine.holdings import Holdings
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.stage import Cell
from gateway.running.broker import opened
from gateway.terminal.output import Output
from gateway.terminal.span import span
from gateway.watching.earnings import Earnings
from schemas import names
from schemas.codec import decode, encode
from schemas.portfolio import Portfolio
from schemas.record import venue_of
from schemas.statuses import Status
from topics.reading import read_all
from topics.settings import Settings, settings


@dataclass
class Book:
    """One account as its statuses tell it. missing: statuses that are there no more."""

    start: Decimal
    cell: Cell[Holdings]
    statuses: list[Status] = field(default_factory=list)
    portfolio: list[Portfolio] = field(default_factory=list)
    missing: int = 0

    def take(self, status: Status) -> None:
        """Let a status through; doubles are dropped."""
        first = status.key not in self.cell.seen.get(names.STATUSES, {})
        made = self.cell.take(names.STATUSES, status)
        if made:
            self.missing += status.seq if first else 0
            self.statuses.append(status)
            self.portfolio += [out.record for out in made if isinstance(out.record, Portfolio)]


def books(statuses: Iterable[Status], known: PortfolioSettings) -> dict[str, Book]:
    """Every account, computed again from its statuses in the order of the topic."""
    stage, found = PortfolioStage(known), dict[str, Book]()
    for status in statuses:
        if status.account not in found:
            cell = Cell.fresh(stage, status.account)
            found[status.account] = Book(known.start(status.account), cell)
        found[status.account].take(status)
    return dict(sorted(found.items()))


def kept(
    statuses: Iterable[Status], rows: Iterable[Portfolio], known: PortfolioSettings
) -> dict[str, Book]:
    """Every account with all rows of the portfolio that came of its statuses, as they were made."""
    stage, found = PortfolioStage(known), dict[str, Book]()
    for status in statuses:
        name = status.account
        if name not in found:
            found[name] = Book(known.start(name), Cell.fresh(stage, name))
        found[name].statuses.append(status)
    for row in rows:
        found[row.account].portfolio.append(row)
    return dict(sorted(found.items()))


def compared(book: Book, told: dict[str, bytes]) -> str:
    """Whether each key's record on trading.portfolio is the one that comes out again: "agrees",
    "differs", or "unknown" where there is none, or the statuses do not begin at the beginning."""
    account = book.cell.key
    mine = {key: value for key, value in told.items() if venue_of(key) == account}
    if book.missing or not mine:
        return "unknown"
    wanted = {(key, decode(Portfolio, value).seq): value for key, value in mine.items()}
    came = [row for row in book.portfolio if (row.key, row.seq) in wanted]
    same = all(encode(row) == wanted[row.key, row.seq] for row in came)
    return "agrees" if same and len(came) == len(wanted) else "differs"


def agreements(known: Settings) -> dict[str, str]:
    """What `compared` says of each account on the topics."""
    told = _latest(known)
    found = books(statuses_of(known), known.of("portfolio", PortfolioSettings))
    return {name: compared(book, told) for name, book in found.items()}


def pnl(
    account: str | None, strategy: str | None, since: str | None, until: str | None,
    curve: bool, output: Output,
) -> int:  # fmt: skip
    """Print the statistics; 1 when the portfolio tells otherwise than its statuses."""
    wanted = span(since, until)
    with opened(settings(), output) as known:
        rules = known.of("portfolio", PortfolioSettings)
        told = _latest(known)
        found = books(statuses_of(known), rules)
    chosen = {name: book for name, book in found.items() if account in (None, name)}
    verdicts = Counter[str]()
    for name, book in chosen.items():
        agreement = compared(book, told)
        verdicts[agreement] += 1
        earned = Earnings.of(name, book, strategy, wanted, rules)
        earned.show(output, agreement, curve)
    if not chosen:
        _nothing(account, sorted(found), output)
    return int(verdicts["differs"] > 0)


def _nothing(account: str | None, known: list[str], output: Output) -> None:
    if known:
        output.note(f"there is no account {account}: there are {', '.join(known)}")
    else:
        output.note("nothing was traded: trading.statuses is empty; `tapeline demo` trades")


def statuses_of(known: Settings) -> Iterator[Status]:
    """All of trading.statuses, doubles too."""
    for message in read_all(known, names.STATUSES):
        yield decode(Status, message.value())


def _latest(known: Settings) -> dict[str, bytes]:
    return {
        bytes(message.key() or b"").decode(): bytes(message.value() or b"")
        for message in read_all(known, names.PORTFOLIO)
    }
