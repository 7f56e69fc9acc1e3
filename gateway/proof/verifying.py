"""A whole past run made again from its raw records, and compared byte by byte.

    market.raw -> ticks, bars, signals, decisions       every market, from its first record; where
                                                        it reads books or advice, on what it says it
                                                        had read
    ai.advice                                           an input: that it was asked upon signals of
                                                        the run, of the briefing that it names, and
                                                        says what its stored reply gives
    market.ticks -> market.books                        each symbol that is consolidated
    trading.decisions -> trading.orders                 every account, on what it says it had read
    trading.orders -> journal, statuses                 paper accounts; a live one's statuses are
                                                        set beside its journal
    trading.statuses -> trading.portfolio; control.commands -> control.state

Keys of these topics that nothing makes are named too (gateway.proof.strangers).

A market or an account is followed up to its first difference; the others go on. Cost: each topic is
read once, an account's four times; memory grows with markets and open orders, not with history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.books import BooksSettings
from gateway.backtests.stages import Stages
from gateway.proof.account import journalled, ordered, simulated, valued
from gateway.proof.advised import section_of
from gateway.proof.books import books
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.market import Market, buried
from gateway.proof.published import Source
from gateway.proof.strangers import Accounts, unsettled, unsourced
from schemas import names
from schemas.commands import DESK
from schemas.errors import Poison, SequenceGap
from topics.settings import Settings

PAPER = (
    (ordered, ()),
    (simulated, (names.STATUSES, names.JOURNAL)),
    (valued, (names.PORTFOLIO, names.STATE)),
)
"""How a paper account is made again, and the topics that nobody else has written to."""

LIVE = ((ordered, ()), (journalled, ()), (valued, (names.PORTFOLIO, names.STATE)))
"""The same of a live one, of which the venue tells what it did."""


@dataclass
class Findings:
    """What came out again by topic, and the first difference of each market and account.

    preceded: decisions of which every input is on record before them (engine.replay.precedence).
    """

    verdict: Verdict = field(default_factory=Verdict)
    differences: list[str] = field(default_factory=list)
    markets: int = 0
    accounts: int = 0
    preceded: int = 0

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
        self._stages = Stages.of(settings)
        self._keys: frozenset[str] = frozenset()
        self.found = Findings()

    def run(self) -> Findings:
        """All of it."""
        self.markets()
        self.found.differences.extend(unsourced(self._source, self._keys))
        self._books()
        accounts = Accounts(self._source)
        for account in sorted(accounts.names()):
            self.found.accounts += account != DESK
            self._account(account, accounts)
        return self.found

    def markets(self) -> Findings:
        """Every market from its raw records to its decisions, and no more."""
        comparison = Comparison(self._source, self.found.verdict)
        markets: dict[str, Market] = {}
        gone, broken = buried(self._source), set[str]()
        section = section_of(self._settings)
        for key, seq, value in self._source.keyed(names.RAW):
            if key not in markets:
                markets[key] = Market(key, self._stages, self._source, comparison, gone, section)
                self._tell(f"the market {key} ...")
            if key not in broken and not self._within(markets[key].take, seq, value):
                broken.add(key)
        self.found.markets = len(markets)
        self.found.preceded = sum(market.precedence.decisions for market in markets.values())
        for key in sorted(markets.keys() - broken):
            self.found.differences.extend(markets[key].advised.left())
        for (topic, key), seq in comparison.left():
            if key not in broken:
                self.found.differences.append(f"{topic} {key} seq {seq}: nothing makes it again")
        self._keys = frozenset(markets)
        return self.found

    def _books(self) -> None:
        """The book over venues of each symbol that the settings consolidate."""
        consolidated = self._settings.of("books", BooksSettings)
        for symbol in consolidated.symbols:
            self._tell(f"{symbol}: its book over venues ...")
            self._within(books, symbol, consolidated, self._source, self.found.verdict)
        self.found.differences.extend(unsettled(self._source, consolidated.symbols))

    def _account(self, account: str, accounts: Accounts) -> None:
        """An account from its decisions to its worth."""
        verdict = self.found.verdict
        for part, topics in PAPER if account in self._settings.paper else LIVE:
            self._tell(f"{account}: {part.__name__} again ...")
            if self._within(part, account, self._stages, self._source, verdict):
                self.found.differences.extend(accounts.unmade(account, topics, verdict.met))

    def _within(self, part: Callable[..., None], *given: Any) -> bool:
        """Run it up to its first difference; True when there is none."""
        try:
            part(*given)
        except (Different, SequenceGap, Poison) as different:
            self.found.differences.append(str(different))
            return False
        return True
