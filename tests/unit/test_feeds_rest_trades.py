"""Trades by REST: each venue's request and its answer, read as ccxt's fetch_trades reads it."""

from __future__ import annotations

import random
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple

import ccxt
import orjson
import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Liquidation, OpenInterest, Trade
from schemas.errors import Poison
from schemas.raw import ReceivedFrame, Source
from tests.unit.ccxt_venue import market_of

MS = 1_000_000


class Sample(NamedTuple):
    """An answer, and how ccxt gets it. unlike: fields that ccxt reads otherwise, and why."""

    venue: str
    market: str
    name: str
    symbol: str
    answer: str
    params: dict[str, Any] = {}
    theirs: str = ""
    unlike: dict[str, str] = {}


NO_ID = {"id": "ccxt makes up an id where the venue tells none"}
BINANCE = (
    '[{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.00","time":1499865549590,'
    '"isBuyerMaker":true,"isBestMatch":true},{"id":28458,"price":"4.00000200","qty":"1.5","quoteQty'
    '":"6.0","time":1499865549591,"isBuyerMaker":false,"isBestMatch":true}]'
)
HTX = (
    '{"status":"ok","ch":"market.NAME.trade.detail","ts":1583497692365,"data":[{"id":105005170342,'
    '"ts":1583497692182,"data":[{"amount":0.010411000000000000,"TRADE_ID":102090736910,'
    '"ts":1583497692182,"id":10500517034273194,"price":9096.050000000000000000,"direction":"sell"'
    '}]},{"id":105005170341,"ts":1583497692100,"data":[{"amount":2,"TRADE_ID":102090736909,'
    '"ts":1583497692100,"id":10500517034273193,"price":9096,"direction":"buy"}]}]}'
)
GATE_FUTURES = (
    '[{"size":-5,"id":442288327,"create_time":1739814676.707,"create_time_ms":1739814676.707,'
    '"contract":"BTC_USDT","price":"95594.8"},{"size":"7","id":442288326,"create_time":1739814676,'
    '"create_time_ms":1739814676.5,"contract":"BTC_USDT","price":"95594.7"}]'
)
SAMPLES = [
    Sample("binance", "spot", "BTCUSDT", "BTC/USDT", BINANCE),
    Sample("binance", "usdm", "BTCUSDT", "BTC/USDT:USDT", BINANCE),
    Sample("binance", "cm", "BTCUSD_PERP", "BTC/USD:BTC", BINANCE),
    Sample(
        "okx", "v5", "BTC-USDT", "BTC/USDT",
        '{"code":"0","msg":"","data":[{"instId":"BTC-USDT","side":"sell","sz":"0.00001","source":"0'
        '","px":"29963.2","tradeId":"242720720","ts":"1654161646974"},{"instId":"BTC-USDT","side":"'
        'buy","sz":"0.2","source":"0","px":"29964.1","tradeId":"242720719","ts":"1654161641568"}]}',
    ),
    Sample(
        "bybit", "spot", "BTCUSDT", "BTC/USDT",
        '{"retCode":0,"retMsg":"OK","result":{"category":"spot","list":[{"execId":"2100000000007764'
        '263","symbol":"BTCUSDT","price":"16618.49","size":"0.00012","side":"Buy","time":"167205295'
        '5758","isBlockTrade":false,"isRPITrade":false,"seq":"123"},{"execId":"2100000000007764260"'
        ',"symbol":"BTCUSDT","price":"16618.4","size":"2","side":"Sell","time":"1672052955700","isB'
        'lockTrade":false}]},"retExtInfo":{},"time":1672053054358}',
    ),
    Sample(
        "bitget", "v2", "BTCUSDT_UMCBL", "BTC/USDT:USDT",
        '{"code":"00000","msg":"success","requestTime":1692073522689,"data":[{"tradeId":"1075199767'
        '891652609","price":"29376.5","size":"6.035","side":"Buy","ts":"1692073521000","symbol":"BT'
        'CUSDT"},{"tradeId":"1075199767891652601","price":"29376","size":"1","side":"sell","ts":"16'
        '92073520000","symbol":"BTCUSDT"}]}',
    ),
    Sample(
        "gate", "spot", "BTC_USDT", "BTC/USDT",
        '[{"id":"1232893232","create_time":"1548000000","create_time_ms":"1548000000123.456","curre'
        'ncy_pair":"BTC_USDT","side":"buy","amount":"0.15","price":"0.03","sequence_id":"588018"},{'
        '"id":"1232893230","create_time":"1548000000","create_time_ms":"1548000000100.000","currenc'
        'y_pair":"BTC_USDT","side":"sell","amount":"1","price":"0.04","sequence_id":"588017"}]',
    ),
    Sample("gate", "futures", "BTC_USDT", "BTC/USDT:USDT", GATE_FUTURES),
    Sample(
        "kucoin", "spot", "BTC-USDT", "BTC/USDT",
        '{"code":"200000","data":{"tradeType":"SPOT","list":[{"sequence":"18746044393340932","trade'
        'Id":"18746044393340932","price":"104355.6","size":"0.00011886","side":"sell","ts":17622425'
        '40829000000},{"sequence":"18746044393340930","tradeId":"18746044393340930","price":"104355'
        '.7","size":"0.5","side":"buy","ts":1762242540828000001}]}}',
        {"uta": True},
    ),
    Sample(
        "kucoin", "spot", "BTC-USDT", "BTC/USDT",
        '{"code":"200000","data":[{"sequence":"1548764654235","side":"sell","size":"0.6841354","pri'
        'ce":"0.03202","time":1548848575203567174}]}',
        {}, "", {"id": "ccxt has no id of spot's classic answer"},
    ),
    Sample(
        "kucoin", "futures", "XBTUSDTM", "BTC/USDT:USDT",
        '{"code":"200000","data":[{"sequence":32114961,"side":"buy","size":39,"price":"4001.6500000'
        '000","takerOrderId":"61c2","makerOrderId":"61c3","tradeId":"61c2074277a0c473e69029b8","ts"'
        ':1640105794099993896}]}',
    ),
    Sample(
        "kraken", "spot", "BTC/USD", "BTC/USD",
        '{"error":[],"result":{"BTC/USD":[["30243.40000","0.34507674",1688669597.8277369,"b","m",""'
        ',61044952],["30243.30000","0.00376960",1688669598.2804112,"s","l","",61044953]],"last":"16'
        '88671969993150842"}}',
    ),
    Sample(
        "coinbase", "exchange", "BTC-USD", "BTC/USD",
        '[{"trade_id":15035219,"side":"sell","size":"0.27426731","price":"25820.42000000","time":"2'
        '023-09-10T13:47:41.447577Z"},{"trade_id":15035218,"side":"buy","size":"1","price":"25820.4'
        '1","time":"2023-09-10T13:47:41.4Z"}]',
        {}, "coinbaseexchange",
    ),
    Sample(
        "coinbase", "advanced", "BTC-USDT", "BTC/USDT",
        '{"trades":[{"trade_id":"10092327","product_id":"BTC-USDT","price":"17488.12","size":"0.000'
        '0623","time":"2023-01-11T00:52:37.557001Z","side":"BUY","bid":"","ask":""},{"trade_id":"10'
        '092326","product_id":"BTC-USDT","price":"17488.13","size":"0.5","time":"2023-01-11T00:52:3'
        '7.5Z","side":"SELL","bid":"","ask":""}],"best_bid":"1","best_ask":"2"}',
        {}, "", {"side": "the venue tells the maker's, and ccxt takes it for the taker's"},
    ),
    Sample("htx", "spot", "btcusdt", "BTC/USDT", HTX.replace("TRADE_ID", "trade-id")),
    Sample("htx", "linear", "BTC-USDT", "BTC/USDT:USDT", HTX.replace("TRADE_ID", "contract_id")),
    Sample("htx", "inverse", "BTC-USD", "BTC/USD:BTC", HTX.replace("TRADE_ID", "contract_id")),
    Sample(
        "mexc", "spot", "BTCUSDT", "BTC/USDT",
        '[{"id":null,"price":"40798.94","qty":"0.000508","quoteQty":"20.7","time":1647546934374,"is'
        'BuyerMaker":true,"isBestMatch":true,"tradeType":"ASK"},{"id":null,"price":"40798","qty":"1'
        '","quoteQty":"4","time":1647546934000,"isBuyerMaker":false,"isBestMatch":true}]',
        {"method": "spotPublicGetTrades"}, "", NO_ID,
    ),
    Sample(
        "mexc", "contract", "BTC_USDT", "BTC/USDT:USDT",
        '{"success":true,"code":0,"data":[{"p":31199,"v":18,"T":1,"O":3,"M":2,"t":1609831235985},{"'
        'p":31199.5,"v":2,"T":2,"O":3,"M":2,"t":1609831235980}]}',
        {}, "", NO_ID,
    ),
]  # fmt: skip
"""As in the venues' documents and in ccxt, with a second trade each."""


def named(sample: Sample) -> str:
    return f"{sample.venue} {sample.market}"


def read(sample: Sample) -> list[Trade]:
    events = FEEDS[sample.venue].parse(sample.answer)
    return [event for event in events if isinstance(event, Trade)]


def theirs(sample: Sample) -> list[dict[str, Any]]:
    """What ccxt reads; nothing is asked for."""
    exchange = getattr(ccxt, sample.theirs or sample.venue)()
    exchange.set_markets([market_of(exchange, sample.name, sample.symbol)])
    exchange.fetch = lambda *given, **more: orjson.loads(sample.answer)
    found: list[dict[str, Any]] = exchange.fetch_trades(sample.symbol, params=sample.params)
    return found


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_answers_are_read_as_ccxt_reads_them(sample: Sample) -> None:
    ours = read(sample)
    assert ours == sorted(ours, key=lambda trade: trade.event_time), "oldest first"
    told = sorted(theirs(sample), key=lambda trade: trade["timestamp"])
    assert len(ours) == len(told) >= 1
    unlike = set()
    for mine, other in zip(ours, told, strict=True):
        pairs = {
            "id": (mine.trade_id, other["id"]),
            "time": (mine.event_time // MS, other["timestamp"]),
            "price": (Decimal(mine.price), Decimal(str(other["price"]))),
            "quantity": (Decimal(mine.quantity), Decimal(str(other["amount"]))),
            "side": (mine.side, other["side"]),
        }
        unlike |= {field for field, (one, another) in pairs.items() if one != another}
    assert unlike == set(sample.unlike)


def test_every_market_is_asked_or_has_its_own_way() -> None:
    lacking = [
        (venue, market)
        for venue, feed in FEEDS.items()
        for market in feed.markets
        if (url := feed.speech_of(market).trades(market, "X_UMCBL")) is None
        or not url.startswith("https://")
    ]
    assert lacking == [("kraken", "futures")], "its socket tells the last hundred by itself"


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_request_tells_its_name_and_market(sample: Sample) -> None:
    feed = FEEDS[sample.venue]
    speech = feed.speech_of(sample.market)
    last = read(sample)[0]
    urls = [speech.trades(sample.market, sample.name)]
    urls.append(speech.between(sample.market, sample.name, last, last))
    for url in filter(None, urls):
        frame = ReceivedFrame(0, Source.REST, url.split("/", 3)[-1], "{}")
        assert feed.name_in(frame) == sample.name
        assert feed.market_at(url) == sample.market


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_what_is_cut_or_of_a_wrong_type_is_refused(sample: Sample) -> None:
    feed = FEEDS[sample.venue]
    for text in (sample.answer[:-1], sample.answer[: len(sample.answer) // 2]):
        with pytest.raises(Poison):
            feed.parse(text)
    for before, after in (('"price":"', '"price":"-'), ('"p":', '"p":-'), ('"px":"', '"px":"x')):
        if before in sample.answer:
            with pytest.raises(Poison):
                feed.parse(sample.answer.replace(before, after))


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_whatever_is_changed_gives_trades_or_a_reason(sample: Sample) -> None:
    draw = random.Random(7)
    for _ in range(60):
        text = sample.answer
        for _ in range(draw.randint(1, 4)):
            at, to = draw.randrange(len(text)), draw.choice('{}[]",:0-9ex\ud800 ')
            text = text[:at] + to + text[at + draw.randint(0, 3) :]
        with suppress(Poison):
            assert isinstance(FEEDS[sample.venue].parse(text), tuple)


def test_open_interest_and_forced_orders_of_binance() -> None:
    parse = FEEDS["binance"].parse
    told = '{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}'
    assert parse(told) == (OpenInterest(1589437530011 * MS, "10659.509"),)
    order = (
        '{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC",'
        '"q":"0.014","p":"9910","ap":"9911.5","X":"FILLED","l":"0.014","z":"0.012",'
        '"T":1568014460890}}'
    )
    text = f'{{"stream":"btcusdt@forceOrder","data":{order}}}'
    assert parse(text) == (Liquidation(1568014460890 * MS, "9911.5", "0.012", "sell"),)
    for before, after in (('"SELL"', '"X"'), ('"9911.5"', '"x"'), ('"0.012"', "0.012")):
        with pytest.raises(Poison):
            parse(text.replace(before, after))
    with pytest.raises(Poison):
        parse(told.replace('"10659.509"', '"-1"'))


def test_liquidations_of_okx_belong_to_the_contract_of_their_data() -> None:
    name_in = FEEDS["okx"].name_in
    one = '{"details":[],"instId":"IOST-USDT-SWAP"}'
    text = '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[%s]}'
    frames = [text % one, text % f"{one},{one}", text % f"{one},{one.replace('IOST', 'BTC')}"]
    named = [name_in(ReceivedFrame(0, Source.WS, "stream", frame)) for frame in frames]
    assert named == ["IOST-USDT-SWAP", "IOST-USDT-SWAP", None]
