"""Cross-venue arbitrage on a recorded market and on the same market as a venue that lags tells it.

No two venues were recorded at one time, so the second is the first 137 ms later (tests.unit.
consolidating): prices that part and meet again, as they do between venues, but by its lag alone.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from engine.books import BooksSettings, BooksStage
from engine.decisions import DecisionsStage
from engine.execution import ExecutionSettings, ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.replay.desk import Desk, Row
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.strategies.catalogue import StrategySections
from infra.recordings import instruments
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.portfolio import Portfolio
from schemas.signals import ConsolidatedBook
from schemas.statuses import Status
from tests.unit.consolidating import SYMBOL, ticks

VENUES = ("binance", "twin")
SECTIONS: dict[str, Any] = {
    "books": {"symbols": (SYMBOL,)},
    "strategies": {
        f"at_{venue}": {
            "markets": (f"{venue}:{SYMBOL}",), "advisors": {"arbitrage": {"enter": 0.2}},
        }
        for venue in VENUES
    },
}  # fmt: skip
RISK = {
    "minimum_strength": 0,
    "accounts": {f"in_{venue}": {"strategies": (f"at_{venue}",)} for venue in VENUES},
}
ACCOUNTS = tuple(f"in_{venue}" for venue in VENUES)


def listed() -> list[Row]:
    (row,) = [each for each in instruments() if (each.venue, each.symbol) == ("binance", SYMBOL)]
    return [
        (names.INSTRUMENTS, row.model_copy(update={
            "venue": venue, "key": f"{venue}:{SYMBOL}", "seq": 0, "id": venue,
        }))
        for venue in VENUES
    ]  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    strategies = StrategySections.model_validate(SECTIONS).build()
    desk = Desk(
        (
            BooksStage(BooksSettings(**SECTIONS["books"])), SignalsStage(SignalSettings()),
            DecisionsStage(strategies), OrdersStage(ACCOUNTS, RiskSettings.model_validate(RISK)),
            ExecutionStage(ExecutionSettings()), PortfolioStage(PortfolioSettings()),
        ),
        ACCOUNTS,
    )  # fmt: skip
    market = [each for each in ticks() if each.venue in VENUES][:2200]
    return [*desk.run([*listed(), *((names.TICKS, each) for each in market)])]


def test_each_venue_s_account_buys_where_it_is_cheap_and_sells_when_mids_have_met(
    rows: list[Row],
) -> None:
    fills = [one for _, one in rows if isinstance(one, Status) and one.type == "fill"]
    traded = Counter((one.account, one.venue, one.side) for one in fills)
    for venue in VENUES:
        assert traded[f"in_{venue}", venue, "buy"]
        assert traded[f"in_{venue}", venue, "sell"]
    assert {(one.account, one.venue) for one in fills} == {(f"in_{v}", v) for v in VENUES}


def test_it_enters_on_an_edge_that_the_book_it_had_read_shows(rows: list[Row]) -> None:
    books = [one for _, one in rows if isinstance(one, ConsolidatedBook)]
    told: list[ConsolidatedBook] = []
    for each in books:
        told.append(each.upon(told[-1] if told else None))
    reads: dict[str, int] = {}
    entered = 0
    for _, one in rows:
        if not isinstance(one, Decision) or not one.reads:
            continue
        for book in one.reads[1:]:
            reads[one.key] = book.seq
        if one.verdict is Verdict.LONG and one.ask:
            best = max(
                float(row.bid[0])
                for row in told[reads[one.key]].venues
                if row.venue != one.venue and row.bid
            )
            assert (best / float(one.ask[0]) - 1) * 1e4 >= 0.2
            entered += 1
    assert entered > 10


def test_what_is_held_is_at_the_venue_that_filled_it_and_valued_there(rows: list[Row]) -> None:
    """Each account hears of the same symbol at both venues, and holds it at one."""
    held = [one for _, one in rows if isinstance(one, Portfolio) and one.type == "position"]
    open_ = [one for one in held if one.quantity not in (None, "0")]
    assert {(one.account, one.venue) for one in open_} == {(f"in_{v}", v) for v in VENUES}
