"""What the settings want of one venue, of what it lists. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from engine.feeds.catalogue import FEEDS
from engine.feeds.markets import Row, clients, row_of
from engine.feeds.planning import FeedSettings, planned
from engine.feeds.wire import Wire
from schemas.instruments import Instrument, InstrumentStatus
from schemas.raw import Listing

TRADING, DELISTED = InstrumentStatus.TRADING.value, InstrumentStatus.DELISTED.value


class Wanted:
    """Section [feeds.VENUE], and what follows from it for rows of the venue's list."""

    def __init__(self, venue: str, settings: FeedSettings) -> None:
        self.venue, self.settings = venue, settings
        self.clients = clients(venue, settings)
        self.addresses, self.refresh = settings.addresses, settings.refresh
        self._named = frozenset((*settings.symbols, *settings.busy))

    def row(self, market: Mapping[str, Any]) -> Row | None:
        """Of one of ccxt's markets."""
        return row_of(self.venue, market)

    def chosen(self, rows: Iterable[Row]) -> list[Row]:
        """Rows of what is wanted: named symbols, and all of the wanted markets."""
        markets = self.settings.markets
        return [row for row in rows if row["symbol"] in self._named or row["market"] in markets]

    def instruments(self, rows: Iterable[Row]) -> list[Instrument]:
        """Of the chosen rows, as far as they tell steps and not names alone."""
        chosen = self.chosen(rows)
        return [Instrument.model_validate(row) for row in chosen if "tick_size" in row]

    def gone(self, rows: Iterable[Row]) -> list[str]:
        """The named symbols that are delisted; they are wanted no more."""
        return [
            row["symbol"]
            for row in rows
            if row["symbol"] in self._named and _status(row) == DELISTED
        ]

    def wires(self, rows: Iterable[Row]) -> list[Wire]:
        """The connections; raises TapelineError for what the venue has not.

        Of a whole market what is traded, and no symbol that is delisted.
        """
        known, settings = list(rows), self.settings
        gone = self.gone(known)
        left = settings.model_copy(
            update={
                "symbols": tuple(name for name in settings.symbols if name not in gone),
                "busy": settings.busy - {*gone},
            }
        )
        there = [row for row in known if row["symbol"] not in gone]
        return _wired(
            self.venue, left,
            [row for row in there if row["symbol"] in self._named or _status(row) == TRADING],
        )  # fmt: skip

    def fresh(self, rows: Iterable[Row], collected: Collection[str]) -> list[str]:
        """Symbols of the wanted markets that are traded and not collected yet."""
        return [
            row["symbol"]
            for row in self.chosen(rows)
            if _status(row) == TRADING and row["symbol"] not in collected
        ]

    def added(self, rows: Iterable[Row], symbols: Collection[str]) -> list[Wire]:
        """Connections for symbols that were listed since: without the channels of whole markets,
        which are there already.
        """
        known = [row for row in rows if row["symbol"] in symbols]
        markets = {row["market"] for row in known}
        whole = {kind for each in markets for kind in FEEDS[self.venue].speech_of(each).whole}
        wanted = self.settings.model_copy(
            update={
                "symbols": tuple(symbols),
                "markets": (),
                "busy": frozenset[str](),
                "kinds": tuple(kind for kind in self.settings.kinds if kind not in whole),
            }
        )
        return _wired(self.venue, wanted, known)


def _wired(venue: str, wanted: FeedSettings, rows: Iterable[Row]) -> list[Wire]:
    listings = [Listing(*(row[name] for name in Listing._fields)) for row in rows]
    return [Wire(plan, wanted) for plan in planned(venue, wanted, listings)]


def _status(row: Row) -> str:
    """A file of names alone does not say."""
    return str(row.get("status", TRADING))
