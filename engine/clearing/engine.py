"""The matching engine with money as Python sees it. Importing this imports numba."""

from __future__ import annotations

from collections.abc import Sequence

from engine.clearing.contract import Terms
from engine.clearing.kernel import hook, reckon
from engine.clearing.state import (
    Row,
    Wallet,
    dump,
    fill,
    furnish,
    room,
    row_at,
    wallet_at,
    wallets_of,
)
from engine.clearing.words import VERSION, terms_of
from engine.matching import words as matching
from engine.matching.engine import Matching, Words
from engine.matching.instrument import Instrument
from engine.matching.kernel import Progress
from engine.matching.layout import HOOK
from engine.matching.state import blank, load, split


class Clearing(Matching):
    """As Matching, and every order has an account that can pay for it.

    terms: a contract for each instrument. Orders of account 0 and POSITION commands are refused.
    TooWide, from any command, where a sum of money got beyond 2^61: the engine is not to be used
    any more.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        terms: Terms,
        accounts: int,
        max_orders: int = 1 << 17,
        progress: Progress | None = None,
    ) -> None:
        state = blank(instruments, accounts, max_orders, room(terms, accounts))
        furnish(state, instruments, terms)
        self._open(state, terms, progress)

    def _open(self, state: Words, terms: Terms, progress: Progress | None) -> None:
        self.terms = terms
        state[HOOK] = hook(progress)
        self._begin(state, progress)

    def wallets(self) -> list[tuple[int, ...]]:
        """Those that are not empty, as (account, asset, money, held), by account and asset."""
        return list(wallets_of(self._state))

    def wallet(self, account: int, asset: int) -> Wallet:
        """One wallet, in units of the asset."""
        return wallet_at(self._state, account, asset)

    def row(self, account: int, symbol: int) -> Row:
        """What an account has in a symbol, in units of what it settles in."""
        return row_at(self._state, account, symbol)

    def words(self) -> list[int]:
        """The whole state, as engine.clearing.words tells it."""
        return [VERSION, *super().words()[1:], *dump(self._state, self.terms)]

    @classmethod
    def restored(cls, words: Sequence[int], progress: Progress | None = None) -> Clearing:
        """An engine in the state of these words; ValueError where they are none."""
        if len(words) < matching.HEADER_WORDS or words[0] != VERSION:
            raise ValueError("these are no words of a matching engine that keeps money")
        parts, end = split(words)
        end += 1 + 3 * words[end]
        money = words[end:]
        terms, _, _ = terms_of(money, len(parts))
        state = load([matching.VERSION, *words[1:end]], room(terms, words[3]))
        fill(state, money, parts)
        found = cls.__new__(cls)
        found._open(state, terms, progress)
        reckon(state)
        return found
