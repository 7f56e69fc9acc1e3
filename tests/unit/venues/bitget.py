"""What the tests of all venues ask of Bitget."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.pro

NAME = "bitget"

RECORDINGS: dict[str, dict[str, int]] = {
    "BITGET.ws.1.0.gz": {"frames": 684, "control": 203, "trade": 430, "book": 443},
    "BITGET.ws.2.0.gz": {
        "frames": 473,
        "control": 35,
        "trade": 125,
        "book": 194,
        "funding": 217,
        "interest": 217,
    },
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""


def _update(bids: str, asks: str, whole: str, seq: int) -> str:
    """A change after which the book is `whole`, with its checksum."""
    found = zlib.crc32(whole.encode())
    signed = found - (1 << 32) if found >> 31 else found
    return (
        '{"action":"update","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":'
        f'[{{"asks":{asks},"bids":{bids},"checksum":{signed},"seq":{seq},"ts":"1656413855584"}}],'
        '"ts":1656413855590}'
    )


SAMPLES: tuple[str, ...] = (
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{'
    '"ts":"1701910980366","price":"43854.01","size":"0.0535","side":"buy","tradeId":'
    '"1116461060594286593"},{"ts":"1701910980266","price":"43854.00","size":"0.1","side":"sell",'
    '"tradeId":"1116461060594286592"}],"ts":1701910980730}',
    '{"action":"update","arg":{"instType":"sp","channel":"trade","instId":"HOTUSDT"},"data":[['
    '"1649290077777","0.005613","890.8","buy"]]}',
    '{"action":"snapshot","arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},"data"'
    ':[{"T":"1756287827920","P":"110878.5","v":"0.07","S":"buy","L":"1344534089797185550","i":'
    '"1344534089797185549"}],"ts":1756287827930}',
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{'
    '"asks":[["21041.11","0.0445"],["21041.16","0.0411"]],"bids":[["21040.76","0.0417"]],'
    '"checksum":0,"seq":123,"ts":"1656413855484"}],"ts":1656413855490}',
    _update(
        '[["21040.76","0"],["21040.60","1.3357"]]',
        '[["21041.11","0.05"]]',
        "21040.60:1.3357:21041.11:0.05:21041.16:0.0411",
        124,
    ),
    '{"action":"update","arg":{"instType":"mc","channel":"books","instId":"DASHUSDT"},"data":[{'
    '"asks":[["113.42","0"]],"bids":[],"checksum":-487257069,"ts":"1649290077676"}]}',
    '{"action":"update","arg":{"instType":"usdt-futures","topic":"books","symbol":"BTCUSDT"},"data"'
    ':[{"a":[["110878.5","0.07"]],"b":[],"checksum":0,"pseq":"1343064377779269632","seq":'
    '"1343064377779269650","ts":"1755937421270"}],"ts":1755937421337}',
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"books5","instId":"BTCUSDT"},"data":[{'
    '"asks":[["21041.11","0.0445"]],"bids":[["21040.76","0.0417"]],"checksum":-1367582038,"ts":'
    '"1656413855484"}]}',
    '{"action":"snapshot","arg":{"instType":"USDC-FUTURES","channel":"books1","instId":"BTCPERP"},'
    '"data":[{"asks":[["27000.5","8.760"]],"bids":[],"checksum":0,"seq":123,"ts":"1695716059516"}],'
    '"ts":1695716059516}',
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"ticker","instId":"BTCUSDT"},"data":[{'
    '"instId":"BTCUSDT","lastPr":"43528.19","bidPr":"43528","askPr":"43528.01","bidSz":"0.0334",'
    '"askSz":"0.1917","baseVolume":"15002.4216","ts":"1701842994338"}],"ts":1701842994341}',
    '{"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},'
    '"data":[{"instId":"BTCUSDT","lastPr":"43480.4","bidPr":"43476.3","askPr":"43476.8","bidSz":'
    '"0.1","askSz":"3.055","fundingRate":"0.000096","nextFundingTime":"1701849600000","markPrice":'
    '"43476.4","indexPrice":"43478.4","holdingAmount":"50670.787","symbolType":"1","symbol":'
    '"BTCUSDT","deliveryPrice":"0","ts":"1701843962811"}],"ts":1701843962812}',
    '{"action":"snapshot","arg":{"instType":"mc","channel":"ticker","instId":"DASHUSDT"},"data":[{'
    '"instId":"DASHUSDT","last":"113.370","bestAsk":"113.41","bestBid":"113.36","capitalRate":'
    '"-0.000100","nextSettleTime":1649314800000,"systemTime":1649290077309,"markPrice":"113.381",'
    '"indexPrice":"113.427","holding":"21957.17","baseVolume":"25301.40"}]}',
    '{"action":"snapshot","arg":{"instType":"spot","topic":"ticker","symbol":"BTCUSDT"},"data":[{'
    '"lastPrice":"119818.83","bid1Price":"119811.26","ask1Price":"119831.18","bid1Size":"0.008732",'
    '"ask1Size":"0.004297","price24hPcnt":"0.02002"}],"ts":1753230479687}',
    '{"action":"snapshot","arg":{"instType":"sp","channel":"ticker","instId":"CULTUSDT"},"data":[{'
    '"instId":"CULTUSDT","last":"0.00003511","bestBid":"0.000036","bestAsk":"0.000036","ts":'
    '1649290076193,"labeId":0}]}',
    '{"action":"update","arg":{"instType":"sp","channel":"candle1m","instId":"HOTUSDT"},"data":[['
    '"1649290020000","0.00562","0.005623","0.005613","0.005613","8587.44"]]}',
    '{"event":"subscribe","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}}',
    "pong",
)
"""One frame of each kind: of ccxt, of the recordings."""

INSTRUMENTS = ("bitget.spot.2025-05-08.json.gz", "bitget.swap.2025-05-08.json.gz")
"""Lists in infra/recordings/venues/instruments."""


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.bitget()


LISTED = {"bitget.spot.2025-05-08.json.gz": 800, "bitget.swap.2025-05-08.json.gz": 540}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {
    "bitget.spot.2025-05-08.json.gz": {
        "BTCWUSD_SPBL": (None, "BTC/WUSD"),
        "SXRPSUSDT_SPBL": ("SXRPS/USDT", "SXRP/SUSDT"),
    }
}
"""Names whose form alone says nothing, or another symbol than the list does."""
NOTICES: dict[str, dict[str, int]] = {}
"""Notices that `tapeline decode` adds, by recording."""
ENDS = {"250627": "1751011200000", "250926": "1758873600000"}
"""deliveryTime in ms of what ends on a date."""


def their_name(name: str) -> str:
    """ccxt's id: without the ending of its type."""
    return name.split("_")[0]


def v2(row: dict[str, Any]) -> dict[str, Any]:
    """The row as REST of v2 has it, as far as symbols go."""
    if "ticker_id" not in row:
        return {"symbol": row["symbol"].replace("_", ""), "baseCoin": row["base_currency"],
                "quoteCoin": row["quote_currency"], "status": "online"}  # fmt: skip
    base, quote = row["base_currency"], row["target_currency"]
    dated = row["ticker_id"].split("_")[2:]
    coins = {"USDT": ["USDT"], "PERP": ["USDC"]}.get(quote, ["BTC", "ETH", base])
    return {
        "symbol": row["ticker_id"], "baseCoin": base, "symbolStatus": "normal",
        "quoteCoin": "USDC" if quote == "PERP" else quote, "supportMarginCoins": coins,
        "symbolType": "delivery" if dated else "perpetual", "priceEndStep": "1", "pricePlace": "1",
        "volumePlace": "1", "sizeMultiplier": "1",
        "deliveryTime": ENDS[dated[0]] if dated else "",
    }  # fmt: skip


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names, of its own reading of v2's answers."""
    exchange: Any = ccxt.bitget()
    spot = "ticker_id" not in rows[0]
    exchange.options["fetchMarkets"] = {"types": ["spot"] if spot else ["swap"]}
    given = [v2(row) for row in rows]
    answers: list[list[dict[str, Any]]] = [given, [], []]

    def answered(params: Any) -> dict[str, Any]:
        return {"data": answers.pop(0) if answers else []}

    names = ("publicSpotGetV2SpotPublicSymbols", "publicMixGetV2MixMarketContracts",
             "publicMarginGetV2MarginCurrencies")  # fmt: skip
    for name in names:
        setattr(exchange, name, answered)
    ending = "_SPBL" if spot else ""
    found = exchange.fetch_default_markets({})
    return {market["id"] + ending: market["symbol"] for market in found}


WITH_CCXT: dict[str, str] = {}
"""ccxt does not read v1's trades: tests/unit/test_feeds_bitget.py compares the books."""
DIFFERENCES: dict[str, Callable[..., str | None]] = {}
UNLIKE: dict[str, dict[str, int]] = {}
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://ws.bitget.com/v2/ws/public": (SAMPLES[0], SAMPLES[3], SAMPLES[4]),
}
"""Frames in today's format, by the address that ccxt would have them from."""
