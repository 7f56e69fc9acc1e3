"""Accounts as their statuses tell them, with the rows of the portfolio that come of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from engine.holdings import Holdings
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.portfolio import Portfolio
from schemas.record import venue_of
from schemas.statuses import Status


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
