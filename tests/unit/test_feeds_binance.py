"""Binance's frames, as recorded, to events; and what must not pass."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feeds import binance
from engine.feeds.binance import read
from engine.feeds.binance_frames import at_once
from engine.feeds.binance_symbols import Router, market_of, named_market, symbol_in
from engine.feeds.events import Depth, Event, Quote, Trade
from schemas.errors import Poison
from schemas.raw import UNREADABLE, Listing, ReceivedFrame, Source
from tests.recorded import long

TRADE: dict[str, Any] = {
    "e": "trade", "E": 1723161256323, "T": 1723161256322, "s": "BTCUSDT", "t": 5266583935,
    "p": "61800.30", "q": "0.006", "X": "MARKET", "m": False,
}  # fmt: skip
QUOTE: dict[str, Any] = {
    "e": "bookTicker", "u": 5123107839020, "s": "BTCUSDT", "b": "61800.20", "B": "2.507",
    "a": "61800.30", "A": "2.510", "T": 1723161256313, "E": 1723161256314,
}  # fmt: skip
DIFF: dict[str, Any] = {
    "e": "depthUpdate", "E": 1723161256299, "T": 1723161256298, "s": "BTCUSDT", "U": 10, "u": 20,
    "pu": 9, "b": [["58710.20", "0.014"], ["58710.10", "0.000"]], "a": [],
}  # fmt: skip
SNAPSHOT: dict[str, Any] = {
    "lastUpdateId": 15, "E": 1723161256501, "T": 1723161256493, "bids": [["1", "2"]], "asks": [],
}  # fmt: skip


def parse(text: str | bytes) -> Event | None:
    """The one event that a frame of Binance's has, if it has one."""
    events = binance.parse(text)
    assert len(events) < 2
    return events[0] if events else None


def without(frame: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name not in names}


AGGREGATED = without(TRADE, "t") | {"e": "aggTrade", "a": 7, "f": 1, "l": 2}


def test_trade() -> None:
    number = 5266583935
    expected = Trade(1723161256322000000, "61800.30", "0.006", "buy", str(number), (number, number))
    assert parse(json.dumps(TRADE)) == expected
    assert parse(json.dumps({"stream": "btcusdt@trade", "data": TRADE})) == expected
    assert parse(json.dumps(TRADE).encode()) == expected


def test_the_aggressor_is_the_seller_when_the_buyer_was_resting() -> None:
    event = parse(json.dumps(TRADE | {"m": True}))
    assert isinstance(event, Trade)
    assert event.side == "sell"


def test_aggregated_trade() -> None:
    event = parse(json.dumps(AGGREGATED))
    assert isinstance(event, Trade)
    assert (event.trade_id, event.numbers, event.aggregate) == ("7", (1, 2), 7)


def test_quote_of_futures_and_of_spot() -> None:
    values = ("61800.20", "2.507", "61800.30", "2.510", 5123107839020)
    assert parse(json.dumps(QUOTE)) == Quote(1723161256313000000, *values)
    assert parse(json.dumps(without(QUOTE, "e", "T", "E"))) == Quote(None, *values)


def test_depth_of_futures_and_of_spot() -> None:
    bids = (("58710.20", "0.014"), ("58710.10", "0.000"))
    assert parse(json.dumps(DIFF)) == Depth(1723161256298000000, False, 10, 20, 9, bids, ())
    spot = parse(json.dumps(without(DIFF, "T", "pu")))
    assert spot == Depth(1723161256299000000, False, 10, 20, None, bids, ())


def test_snapshot_of_futures_and_of_spot() -> None:
    rest = (True, None, 15, None, (("1", "2"),), ())
    assert parse(json.dumps(SNAPSHOT)) == Depth(1723161256493000000, *rest)
    assert parse(json.dumps(without(SNAPSHOT, "T", "E"))) == Depth(None, *rest)


def test_reply_to_a_subscription_is_no_event() -> None:
    assert parse('{"result":null,"id":1}') is None


@pytest.mark.parametrize(
    "frame",
    [
        TRADE | {"p": "NaN"}, TRADE | {"p": "-1"}, TRADE | {"p": "0"}, TRADE | {"q": "0.000"},
        TRADE | {"p": 61800.3}, TRADE | {"T": -1}, TRADE | {"T": 1e12}, TRADE | {"T": 10**18},
        TRADE | {"T": "1"}, TRADE | {"m": None}, TRADE | {"m": 1}, TRADE | {"t": None},
        AGGREGATED | {"f": 3}, AGGREGATED | {"a": "7"}, without(AGGREGATED, "l"),
        QUOTE | {"b": None}, QUOTE | {"A": "x"}, QUOTE | {"u": "1"}, without(QUOTE, "u"),
        DIFF | {"b": [["1"]]}, DIFF | {"b": [["1", "2", "3"]]}, DIFF | {"a": [["0", "1"]]},
        DIFF | {"a": [["1", "-1"]]}, DIFF | {"b": None}, DIFF | {"U": 21}, DIFF | {"b": "11"},
        DIFF | {"b": [[["1"], "2"]]}, DIFF | {"b": {"1": "2"}}, without(DIFF, "T", "E"),
        DIFF | {"b": ["12"]},
        SNAPSHOT | {"bids": 1}, {"e": "markPriceUpdate"}, {"e": "forceOrder"}, {"e": ["trade"]},
        {}, [1], 1, None, "x",
        {"stream": "btcusdt@depth5@100ms", "data": DIFF}, {"stream": 1, "data": TRADE},
        {"stream": "x", "data": None}, {"error": {"code": 2}, "id": 1}, {"code": -1121, "msg": "x"},
    ],
)  # fmt: skip
def test_bad_frames_are_poison(frame: object) -> None:
    with pytest.raises(Poison, match=r"."):
        parse(json.dumps(frame))


@pytest.mark.parametrize("text", ["", "{", "\x00", json.dumps(TRADE)[:-1], "[" * 5000])
def test_no_json_is_poison(text: str) -> None:
    with pytest.raises(Poison, match="binance"):
        parse(text)


def test_bytes_that_are_no_text_are_poison() -> None:
    with pytest.raises(Poison, match="binance"):
        parse(b"\xff\xfe{}")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.sampled_from([TRADE, QUOTE, DIFF, SNAPSHOT]), st.data())
def test_whatever_a_field_holds_the_frame_is_read_or_poison(
    frame: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(frame)))
    with suppress(Poison):
        parse(json.dumps(frame | {name: data.draw(JSON)}))


def told(reader: Callable[[str], Event | None], text: str) -> tuple[type, object]:
    try:
        event = reader(text)
    except Poison as poison:
        return Poison, str(poison)
    return type(event), event


SPOT_QUOTE = without(QUOTE, "e", "E", "T")
KINDS = (TRADE, AGGREGATED, QUOTE, SPOT_QUOTE, DIFF, without(DIFF, "T", "pu"), SNAPSHOT)
WORTHS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2**70), st.floats(), st.text(max_size=3),
    st.lists(st.lists(st.text(max_size=2), max_size=3), max_size=3),
    st.sampled_from(["0", "0.000", "1.", ".5", "1e5", "-1", "1.123456789", 1.0, 2**63, {}, []]),
    st.sampled_from([[["1", "2"], ["1"]], [["0.0", "2"]], [["1", "2"], ["3", "0.00"]], [[1, 2]]]),
    st.sampled_from(["trade", "bookTicker", "depthUpdate", "aggTrade", "kline"]),
)  # fmt: skip


@settings(max_examples=long(800, 266))
@given(
    st.sampled_from(KINDS), st.sampled_from([*"abBAtTEuUpqmMePs", "pu", "lastUpdateId", "data"]),
    WORTHS, st.booleans(), st.sampled_from(["", "x@trade", "x@depth@0ms", "x@depth20@100ms"]),
)  # fmt: skip
def test_a_frame_is_never_read_in_two_ways(
    frame: dict[str, Any], name: str, worth: object, gone: bool, stream: str
) -> None:
    changed = without(frame, name) if gone else {**frame, name: worth}
    whole = {"stream": stream, "data": changed} if stream else changed
    text = json.dumps(whole, separators=(",", ":"))
    assert told(parse, text) == told(read, text)


@pytest.mark.parametrize("frame", [TRADE, QUOTE, SPOT_QUOTE, DIFF, without(DIFF, "T", "pu")])
@pytest.mark.parametrize("stream", ["", "x@depth@0ms"])
def test_the_commonest_frames_are_read_at_speed(frame: dict[str, Any], stream: str) -> None:
    whole = {"stream": stream, "data": frame} if stream else frame
    text = json.dumps(whole, separators=(",", ":"))
    assert at_once(text) == (read(text),)


@pytest.mark.parametrize(
    ("frame", "market"),
    [
        (DIFF, "usdm"), (without(DIFF, "pu", "T"), "spot"), (DIFF | {"ps": "BTCUSD"}, "cm"),
        (QUOTE, "usdm"), (without(QUOTE, "e", "T", "E"), "spot"), (QUOTE | {"ps": "BTCUSD"}, "cm"),
        (SNAPSHOT, "usdm"), (without(SNAPSHOT, "T", "E"), "spot"), (SNAPSHOT | {"pair": "X"}, "cm"),
        (TRADE, None), (TRADE | {"M": True}, "spot"),
        ({"e": "markPriceUpdate", "p": "1"}, None), ({"result": None, "id": 1}, None), ([], None),
    ],
)  # fmt: skip
def test_market_by_the_shape_of_a_frame(frame: dict[str, Any], market: str | None) -> None:
    assert market_of(json.dumps(frame)) == market
    assert market_of(json.dumps({"stream": "x@y", "data": frame})) == market


LISTINGS = (
    Listing("binance", "usdm", "BTCUSDT", "BTC/USDT:USDT"),
    Listing("binance", "usdm", "ETHUSDT", "ETH/USDT:USDT"),
    Listing("binance", "spot", "BTCUSDT", "BTC/USDT"),
    Listing("other", "usdm", "BTCUSDT", "WRONG"),
)


def received(frame: object, source: Source = Source.WS, channel: str = "stream") -> ReceivedFrame:
    return ReceivedFrame(1, source, channel, json.dumps(frame, separators=(",", ":")))


def test_one_name_is_another_symbol_on_another_market() -> None:
    futures = Router.of([received(DIFF)], LISTINGS)
    spot = Router.of([received(without(DIFF, "pu", "T"))], LISTINGS)
    assert futures.route(received(TRADE))[0] == "binance:BTC/USDT:USDT"
    assert spot.route(received(TRADE))[0] == "binance:BTC/USDT"
    assert Router.of([received(TRADE)], LISTINGS, market="spot").market == "spot"
    assert Router.of([received(TRADE)], LISTINGS, otherwise="spot").market == "spot"


def test_frames_of_another_market_than_the_named_one_are_poison() -> None:
    with pytest.raises(Poison, match=r"^binance: these are usdm frames, not spot$"):
        Router.of([received(TRADE), received(DIFF)], LISTINGS, market="spot")
    with pytest.raises(Poison, match="these are spot frames, not usdm"):
        Router.of([received(without(DIFF, "pu", "T"))], LISTINGS, market="usdm")
    assert Router.of([received(DIFF)], LISTINGS, market="usdm", otherwise="spot").market == "usdm"


MARK: dict[str, Any] = {"e": "markPriceUpdate", "E": 1, "s": "BTCUSDT", "p": "1"}


def test_frames_that_tell_no_market_come_from_the_only_one_that_lists_their_symbols() -> None:
    listings = (*LISTINGS, Listing("binance", "cm", "BTCUSD_PERP", "BTC/USD:BTC"))
    for frame in (TRADE, MARK):
        coin = received(frame | {"s": "BTCUSD_PERP"})
        assert Router.of([coin], listings).route(coin)[0] == "binance:BTC/USD:BTC"
        both = [received(frame), received(frame | {"s": "ETHUSDT"})]
        assert Router.of(both, listings).market == "usdm"
        with pytest.raises(Poison, match="name it by --market"):
            Router.of([received(frame)], listings)
        with pytest.raises(Poison, match="name it by --market"):
            Router.of([received(frame), coin], listings)


def test_the_innermost_folder_that_is_a_market_names_it() -> None:
    assert named_market(("data", "spot", "2024", "cm", "08")) == "cm"
    assert named_market(("data", "2024")) is None
    assert named_market(()) is None


def test_symbol_is_named_by_stream_request_or_frame() -> None:
    assert symbol_in(received({"stream": "ethusdt@trade", "data": {}})) == "ETHUSDT"
    assert symbol_in(received(SNAPSHOT, Source.REST, "depth?symbol=ETHUSDT&limit=1")) == "ETHUSDT"
    assert symbol_in(received(SNAPSHOT | {"symbol": "BTCUSD_PERP"})) == "BTCUSD_PERP"
    assert symbol_in(received(TRADE)) == "BTCUSDT"
    assert symbol_in(received(SNAPSHOT)) is None


def test_nameless_frames_belong_to_the_only_symbol() -> None:
    router = Router.of([received(DIFF)], LISTINGS)
    snapshot = received(SNAPSHOT, Source.REST, "depth")
    assert router.route(snapshot) == ("binance:BTC/USDT:USDT", snapshot)


def test_a_nameless_snapshot_among_several_symbols_is_unreadable() -> None:
    router = Router.of([received(DIFF), received(TRADE | {"s": "ETHUSDT"})], LISTINGS)
    key, frame = router.route(received(SNAPSHOT, Source.REST, "depth"))
    assert key == "binance:BTC/USDT:USDT"
    assert frame.channel.startswith(UNREADABLE)


def test_unclear_recordings_are_named() -> None:
    with pytest.raises(Poison, match="no Binance frames; name it by --market"):
        Router.of([received(TRADE)], LISTINGS)
    with pytest.raises(Poison, match="there is no market swap; choose from spot, usdm, cm"):
        Router.of([received(TRADE)], LISTINGS, market="swap")
    with pytest.raises(Poison, match="no frame names a symbol"):
        Router.of([received(SNAPSHOT)], LISTINGS)
    with pytest.raises(Poison, match="binance usdm lists no DOGEUSDT; add it to the listings"):
        Router.of([received(DIFF | {"s": "DOGEUSDT"})], LISTINGS)
