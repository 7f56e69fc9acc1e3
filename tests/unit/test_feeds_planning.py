"""Which connections bring what is wanted: busy symbols alone, others together, within limits."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from engine.feeds.catalogue import FEEDS
from engine.feeds.planning import Feeds, FeedSettings, Plan, planned, stood_in
from engine.feeds.speech import Kind
from schemas.errors import TapelineError
from schemas.raw import Listing

BTC = "BTC/USDT:USDT"


def listed(count: int, venue: str = "binance", market: str = "usdm") -> list[Listing]:
    coins = ["BTC", *(f"C{n}" for n in range(1, count))]
    return [Listing(venue, market, f"{coin}USDT", f"{coin}/USDT:USDT") for coin in coins]


def plans(listings: list[Listing], venue: str = "binance", **settings: Any) -> list[Plan]:
    return planned(venue, FeedSettings.model_validate(settings), listings)


def names(plan: Plan) -> set[str]:
    return {topic.name for topic in plan.topics}


def test_a_busy_symbol_has_its_own_connection_and_the_rest_share() -> None:
    found = plans(listed(4), markets=("usdm",), busy=(BTC,))
    assert [names(plan) for plan in found] == [
        {"BTCUSDT"}, {"C1USDT", "C2USDT", "C3USDT"},
    ]  # fmt: skip
    assert [plan.name for plan in found] == ["binance-usdm-0", "binance-usdm-1"]
    assert {topic.kind for topic in found[0].topics} == {
        Kind.TRADES, Kind.QUOTES, Kind.BOOK, Kind.FUNDING,
    }  # fmt: skip
    assert found[1].keys["C1USDT"] == "binance:C1/USDT:USDT"


@pytest.mark.parametrize("venue", FEEDS)
def test_no_connection_has_more_topics_than_the_venue_allows_and_none_is_lost(venue: str) -> None:
    for market in FEEDS[venue].markets:
        speech = FEEDS[venue].speech_of(market)
        rows = listed(150, venue, market)
        found = plans(rows, venue, markets=(market,), kinds=tuple(Kind))
        assert max(len(plan.topics) for plan in found) <= speech.most
        topics = [topic for plan in found for topic in plan.topics]
        assert len(set(topics)) == len(topics)
        each = len(speech.kinds[market] - speech.whole)
        groups = len(speech.groups(market, [row.venue_symbol for row in rows]))
        assert len(topics) == 150 * each + groups * len(speech.kinds[market] & speech.whole)
        for plan in found:
            where = {speech.address(market, topic.kind) for topic in plan.topics}
            assert where == {plan.address}


def test_a_symbol_stays_together_where_it_fits() -> None:
    found = plans(listed(101), markets=("usdm",))
    assert [len(plan.topics) for plan in found] == [200, 200, 4]
    assert all(len(plan.topics) == 4 * len(names(plan)) for plan in found)


def test_liquidations_of_a_whole_market_are_asked_for_by_the_types_of_what_is_wanted() -> None:
    rows = [
        Listing("okx", "v5", "BTC-USDT", "BTC/USDT"),
        Listing("okx", "v5", "BTC-USDT-SWAP", "BTC/USDT:USDT"),
        Listing("okx", "v5", "ETH-USDT-SWAP", "ETH/USDT:USDT"),
        Listing("okx", "v5", "BTC-USD-220527", "BTC/USD:BTC-220527"),
    ]
    for several, types in ((rows[:1], []), (rows[:3], ["SWAP"]), (rows, ["FUTURES", "SWAP"])):
        found = plans(several, "okx", markets=("v5",), kinds=("quotes", "liquidations"))
        whole = [t.name for plan in found for t in plan.topics if t.kind is Kind.LIQUIDATIONS]
        assert whole == types


def test_what_a_socket_does_not_tell_is_asked_for_beside_the_first_connection() -> None:
    found = plans(listed(3), markets=("usdm",), busy=(BTC,), kinds=("trades", "interest"))
    assert [len(plan.polled) for plan in found] == [3, 0]
    assert {topic.kind for topic in found[0].polled} == {Kind.INTEREST}
    assert plans(listed(3), markets=("usdm",), kinds=("trades",))[0].polled == ()


def test_only_what_is_wanted_is_planned() -> None:
    rows = [*listed(3), Listing("binance", "spot", "BTCUSDT", "BTC/USDT")]
    found = plans(rows, symbols=("BTC/USDT",), kinds=("trades", "funding"))
    assert [(plan.market, plan.topics) for plan in found] == [("spot", ((Kind.TRADES, "BTCUSDT"),))]


def test_an_address_that_stands_in_replaces_the_longest_beginning() -> None:
    addresses = {"wss://a.b": "ws://one", "wss://a.b/c": "ws://two"}
    assert stood_in("wss://a.b/c/d", addresses) == "ws://two/d"
    assert stood_in("wss://a.b/d", addresses) == "ws://one/d"
    assert stood_in("wss://b", addresses) == "wss://b"
    found = plans(listed(1), symbols=(BTC,), addresses={"wss://fstream.binance.com": "ws://x:1"})
    assert found[0].address == "ws://x:1/stream"


@pytest.mark.parametrize(
    ("venue", "settings", "said"),
    [
        ("binanse", {}, "there is no such venue"),
        ("binance", {"markets": ("linear",)}, "there is no linear; choose from spot"),
        ("binance", {"symbols": ("DOGE/USDT",)}, "DOGE/USDT is not listed"),
        ("binance", {"busy": ("DOGE/USDT",)}, "DOGE/USDT is not listed"),
    ],
)
def test_what_cannot_be_is_said(venue: str, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(TapelineError, match=said):
        plans(listed(2), venue, **settings)


@pytest.mark.parametrize("wrong", [{"symbol": ("x",)}, {"kinds": ("candles",)}, {"requests": 0}])
def test_wrong_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Feeds.model_validate({"binance": wrong})
