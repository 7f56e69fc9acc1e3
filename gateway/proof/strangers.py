"""Keys of derived topics that nothing of a run has made: their source is gone, or they are forged.

Comparing goes by the keys that come out again; whatever has none of these would not be met at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.proof.comparison import Place
from gateway.proof.market import MARKET
from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.commands import OWN
from schemas.record import symbol_of, venue_of
from schemas.statuses import JournalEntry

OF_ACCOUNTS = (names.ORDERS, names.STATUSES, names.PORTFOLIO, names.STATE)
"""Topics whose keys begin with an account."""


def unsourced(source: Source, markets: Collection[str]) -> Iterator[str]:
    """Keys that come of market.raw, of markets that it has nothing of."""
    for topic in (*MARKET, names.ADVICE):
        for key in sorted(source.keys(topic).difference(markets)):
            yield f"{topic} {key}: {names.RAW} holds nothing of it"


def unsettled(source: Source, symbols: Collection[str]) -> Iterator[str]:
    """Books over venues of symbols that the settings do not consolidate."""
    for symbol in sorted(source.keys(names.BOOKS).difference(symbols)):
        yield f"{names.BOOKS} {symbol}: the settings consolidate no such symbol"


class Accounts:
    """The keys of all accounts of a run."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._keys = {topic: source.keys(topic) for topic in OF_ACCOUNTS}

    def names(self) -> set[str]:
        """Every account that a topic has records of."""
        return {venue_of(key) for keys in self._keys.values() for key in keys}

    def unmade(
        self, account: str, topics: Collection[str], met: Collection[Place]
    ) -> Iterator[str]:
        """Keys of an account on these topics that nothing has made."""
        for topic in topics:
            for key in self._mine(account, topic):
                if (topic, key) not in met and not _own(topic, key):
                    yield f"{topic} {key}: nothing makes it again"

    def _mine(self, account: str, topic: str) -> list[str]:
        if topic != names.JOURNAL:
            return sorted(key for key in self._keys[topic] if venue_of(key) == account)
        entries = self._source.keyed(topic)
        return [key for key, _, value in entries if _account_of(value) == account]


def _account_of(entry: bytes) -> str:
    return decode(JournalEntry, entry).command.account


def _own(topic: str, key: str) -> bool:
    """A row that the desk sets for itself, and no command."""
    return topic == names.STATE and symbol_of(key) in OWN
