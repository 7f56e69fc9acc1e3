"""Unified symbols of every instrument that a venue lists: as ccxt calls it, and from its name."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.feeds.catalogue import FEEDS
from tests.unit.venue_tables import VENUES, rows

LISTS = [(name, file) for name, module in VENUES.items() for file in module.INSTRUMENTS]


@pytest.mark.parametrize(("venue", "file"), LISTS)
def test_each_instrument_is_called_as_ccxt_calls_it(venue: str, file: str) -> None:
    feed, module, instruments = FEEDS[venue], VENUES[venue], rows(file)
    found = {each.venue_symbol: each for each in feed.listings(instruments)}
    theirs = module.their_symbols(instruments)
    assert {name: each.symbol for name, each in found.items()} == theirs
    assert len(found) >= module.LISTED[file]
    assert {each.venue for each in found.values()} == {venue}
    assert {each.market for each in found.values()} <= set(feed.markets)


@pytest.mark.parametrize(("venue", "file"), LISTS)
def test_a_name_tells_its_symbol_though_no_list_has_it(venue: str, file: str) -> None:
    feed = FEEDS[venue]
    unlike = {
        each.venue_symbol: (feed.symbol(each.market, each.venue_symbol), each.symbol)
        for each in feed.listings(rows(file))
        if feed.symbol(each.market, each.venue_symbol) != each.symbol
    }
    assert unlike == VENUES[venue].NOT_BY_FORM.get(file, {})


@pytest.mark.parametrize(("venue", "file"), LISTS)
def test_no_two_instruments_of_a_market_have_one_symbol(venue: str, file: str) -> None:
    found = [(each.market, each.symbol) for each in FEEDS[venue].listings(rows(file))]
    twice = {symbol for (_, symbol), count in Counter(found).items() if count > 1}
    assert twice <= getattr(VENUES[venue], "ONE_SYMBOL", set())
