"""What each strategy says, on bars and books made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.strategies import Context, Judgment
from engine.strategies.advisor import Advisor
from engine.strategies.arbitrage import ArbitrageAdvisor, ArbitrageSettings
from engine.strategies.drift import DriftAdvisor, DriftSettings
from engine.strategies.pairs import PairsAdvisor, PairsSettings
from engine.strategies.trend import TrendAdvisor, TrendSettings
from schemas.signals import ConsolidatedBook, Signal, VenueBook, VenueState
from tests.unit.judging import signal
from tests.unit.test_advisors import bar

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def story(advisor: Advisor[Any], *contexts: Context) -> list[Judgment]:
    state = advisor.initial()
    return [advisor.judge(state, each) for each in contexts]


def words(said: list[Judgment]) -> list[str]:
    return [each.verdict.value for each in said]


def alone(one: Signal) -> Context:
    return Context(one.key, one.seen_time, one)


def test_trend_goes_with_the_averages_until_they_have_crossed_back() -> None:
    apart = (0.1, 0.3, 1.25, 0.1, -0.1, -0.3, 0.0, 0.2)
    said = story(
        TrendAdvisor(TrendSettings()),
        *(alone(bar(100, ema_fast=100 + each, ema_slow=100.0)) for each in apart),
    )
    assert words(said) == ["hold", "long", "long", "hold", "exit", "short", "hold", "exit"]
    assert [said[n].confidence for n in (1, 2)] == pytest.approx([0.5 + 0.5 * 0.05 / 1.05, 0.75])
    assert (said[1].levels.stop, said[5].levels.stop) == ("97.00", "103.00")
    assert said[1].reasons[1] == "EMA 100.3 to 100, +0.3 ATR"


@pytest.mark.parametrize("values", [{"atr": None}, {"atr": 0.0}, {"ema_slow": None}])
def test_trend_says_nothing_while_it_is_warming_up(values: dict[str, Any]) -> None:
    (said,) = story(TrendAdvisor(TrendSettings()), alone(bar(100, ema_fast=110.0, **values)))
    assert said.verdict.value == "hold"


def test_drift_goes_with_the_past_return_until_its_sign_has_turned() -> None:
    past = (0.5, 1.0, 3.0, 0.2, -0.2, -1.5, None, 0.1)
    bars = (bar(100).model_copy(update={"features": {"momentum_z": each}}) for each in past)
    said = story(DriftAdvisor(DriftSettings()), *map(alone, bars))
    assert words(said) == ["hold", "long", "long", "hold", "exit", "short", "hold", "exit"]
    assert [said[n].confidence for n in (1, 2, 5)] == [0.5, 1.0, 0.75]


def book(symbol: str, **venues: tuple[float, float]) -> ConsolidatedBook:
    rows = tuple(
        VenueBook(venue=name, state=VenueState.OK, tick=0, bid=(f"{bid}", "1"), ask=(f"{ask}", "1"))
        for name, (bid, ask) in venues.items()
    )
    bid, ask = max(row[0] for row in venues.values()), min(row[1] for row in venues.values())
    return ConsolidatedBook(symbol=symbol, bid=(f"{bid}", "1"), ask=(f"{ask}", "1"), venues=rows)


def at(own: tuple[float, float], other: tuple[float, float], fresh: bool = False) -> Context:
    """At binance; okx is the other venue."""
    bid, ask = (f"{own[0]}", "1"), (f"{own[1]}", "1")
    one = signal(0, fresh=fresh, bid=bid, ask=ask)
    return Context(one.key, 0, one, {BTC: book(BTC, binance=own, okx=other)})


def test_arbitrage_takes_the_side_that_another_venue_pays_for() -> None:
    same, dear, cheap = (100.0, 100.1), (100.3, 100.4), (99.7, 99.8)
    said = story(
        ArbitrageAdvisor(ArbitrageSettings()),
        at(same, same),
        at(same, dear),  # bought here at 100.1, sold there at 100.3: 20 basis points
        at(same, (100.05, 100.15)),  # the mids have not met
        at(same, same),
        at(same, same),  # said already
        at(same, same, fresh=True),  # said again at a bar
        at(same, cheap),
        at(same, (100.2, 100.3)),
    )
    assert words(said) == ["hold", "long", "hold", "exit", "hold", "exit", "short", "exit"]
    assert said[1].confidence == pytest.approx(0.5 + 0.5 * (19.98002 / 10 - 1), abs=1e-6)
    assert said[1].reasons[1] == "20 bps better at another venue"


def test_arbitrage_counts_sound_venues_other_than_its_own() -> None:
    context = at((100.0, 100.1), (110.0, 110.1))
    rows = context.books[BTC].venues
    stale = tuple(row.model_copy(update={"state": VenueState.STALE}) for row in rows)
    worse = context._replace(books={BTC: context.books[BTC].model_copy(update={"venues": stale})})
    own = context._replace(books={BTC: context.books[BTC].model_copy(update={"venues": rows[:1]})})
    nothing = context._replace(books={})
    assert words(story(ArbitrageAdvisor(ArbitrageSettings()), worse, own, nothing)) == ["hold"] * 3


def spread(market: str, first: float, second: float, fresh: bool = True) -> Context:
    books = {
        symbol: book(symbol, binance=(mid, mid)) for symbol, mid in ((BTC, first), (ETH, second))
    }
    return Context(market, 0, signal(0, key=market, fresh=fresh), books)


def test_pairs_sell_what_is_dear_of_two_and_buy_the_other() -> None:
    settings = PairsSettings(bars=4, enter=2, leave=0.5)
    prices = [(100, 100), (101, 100), (100, 100), (101, 100), (103, 100), (100.8, 100), (97, 100)]
    said = {
        market: words(story(
            PairsAdvisor(settings),
            *(spread(f"binance:{market}", *each) for each in prices),
        ))
        for market in (BTC, ETH)
    }  # fmt: skip
    assert said[BTC] == ["hold"] * 4 + ["short", "exit", "long"]
    assert said[ETH] == ["hold"] * 4 + ["long", "exit", "short"]


def test_pairs_reckon_at_bars_and_with_both_books_only() -> None:
    settings = PairsSettings(bars=2, enter=1)
    still = spread(f"binance:{BTC}", 200, 100, fresh=False)
    one = spread(f"binance:{BTC}", 200, 100)
    alone_ = one._replace(books={BTC: one.books[BTC]})
    before = [spread(f"binance:{BTC}", each, 100) for each in (100, 101)]
    elsewhere = one._replace(market="binance:SOL/USDT:USDT")
    assert words(story(PairsAdvisor(settings), *before, still, alone_, elsewhere)) == ["hold"] * 5
    assert words(story(PairsAdvisor(settings), *before, one))[-1] == "short"
