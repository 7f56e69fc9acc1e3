"""What the tests of all venues ask of MEXC, of which there is no recording."""

from __future__ import annotations

import gzip
from typing import Any

import ccxt.pro

from tests.unit.venues.mexc_market import contract, spot

NAME = "mexc"

RECORDINGS: dict[str, dict[str, int]] = {}
REFUSED: dict[str, dict[str, int]] = {}
NOTICES: dict[str, dict[str, int]] = {}

PUSHED: dict[str, bytes] = {
    "deals": (
        b"\n.spot@public.aggre.deal"
        b"s.v3.api.pb@10ms@BTCUSDT"
        b"\x1a\x07BTCUSDT0\xbc\xa9\xd9\xd0\xc42\xd2\x13\x8f\x01\n5\n\x08"
        b"93220.00\x12\n0.04438243\x18\x02 \xbb"
        b"\xa9\xd9\xd0\xc42*\x1473029242543143731"
        b"8X0\n.\n\x0893220.01\x12\x030.1\x18\x01 \xbc"
        b"\xa9\xd9\xd0\xc42*\x1473029242543143731"
        b"9X0\x12&spot@public.aggre.d"
        b"eals.v3.api.pb@10ms"
    ),
    "old deals": (
        b"\n#spot@public.deals.v3.a"
        b"pi.pb@BTCUSDT\x1a\x07BTCUSDT0\xbc"
        b"\xa9\xd9\xd0\xc42\xea\x127\n\x18\n\x0893220.00\x12\x030."
        b"5\x18\x01 \xbb\xa9\xd9\xd0\xc42\x12\x1bspot@public."
        b"deals.v3.api.pb"
    ),
    "changes": (
        b"\n/spot@public.aggre.dept"
        b"h.v3.api.pb@100ms@BTCUSD"
        b"T\x1a\x07BTCUSDT0\xba\xd2\xc3\xd1\xc42\xca\x13\x9b\x01\n\x0f\n"
        b"\x0892877.59\x12\x030.5\n\x15\n\x0792878."
        b"1\x12\n1.25000000\x12\x16\n\x0892877.5"
        b"8\x12\n0.00000000\x12\x0f\n\x0892877.0"
        b"1\x12\x032.5\x1a'spot@public.aggr"
        b'e.depth.v3.api.pb@100ms"'
        b"\x0b10589632359*\x0b1058963236"
        b"10\xae\xd2\xc3\xd1\xc42"
    ),
    "old changes": (
        b"\n,spot@public.increase.d"
        b"epth.v3.api.pb@BTCUSDT\x1a\x07"
        b"BTCUSDT0\xba\xd2\xc3\xd1\xc42\xf2\x12B\x12\r\n\x08928"
        b"77.58\x12\x011\x1a$spot@public.in"
        b'crease.depth.v3.api.pb"\x0b'
        b"36913293511"
    ),
    "old changes in a batch": (
        b"\n2spot@public.increase.d"
        b"epth.batch.v3.api.pb@BTC"
        b"USDT\x1a\x07BTCUSDT0\xba\xd2\xc3\xd1\xc42\xc2\x13<\n"
        b'\x1c\n\r\n\x0892877.58\x12\x011"\x0b369132'
        b'93511\n\x1c\n\r\n\x0892877.58\x12\x011"\x0b'
        b"36913293512"
    ),
    "best levels": (
        b"\n+spot@public.limit.dept"
        b"h.v3.api.pb@BTCUSDT@5\x1a\x07B"
        b"TCUSDT0\x8a\xf2\xd7\xd1\xc42\xfa\x12g\n\x16\n\x089318"
        b"0.18\x12\n0.21976424\x12\x16\n\x089317"
        b"9.98\x12\n2.82651000\x1a!spot@p"
        b"ublic.limit.depth.v3.api"
        b'.pb"\x0b36913565463(\xec\xf1\xd7\xd1\xc42'
    ),
    "quote": (
        b"\n3spot@public.aggre.book"
        b"Ticker.v3.api.pb@10ms@BT"
        b"CUSDT\x1a\x07BTCUSDT0\x91\xb0\xe7\xd1\xc42\xda\x13;"
        b"\n\x0893387.28\x12\x073.73485\x1a\x08933"
        b'87.29"\x087.669875*\x0b8172167'
        b"62170\xf0\xaf\xe7\xd1\xc42"
    ),
    "quote of one side": (
        b"\n(spot@public.bookTicker"
        b".v3.api.pb@BTCUSDT\x1a\x07BTCU"
        b"SDT0\x91\xb0\xe7\xd1\xc42\x8a\x13\x13\n\x0893387.28\x12"
        b"\x073.73485"
    ),
    "quotes": (
        b"\n.spot@public.bookTicker"
        b".batch.v3.api.pb@BTCUSDT"
        b"\x1a\x07BTCUSDT0\xda\xcd\xe4\x93\xd02\xba\x13*\n(\n\x089"
        b"6567.37\x12\x083.362925\x1a\x0896567"
        b'.38"\x081.545255'
    ),
    "candle": (
        b"\n)spot@public.kline.v3.a"
        b"pi.pb@BTCUSDT@Min15\x1a\x07BTC"
        b'USDT" 2fb942154ef44a4ab2'
        b"ef98c8afb6a4a7(\xf3\xec\x92\xd1\xc42\xa2\x131"
        b'\n\x05Min15\x10\x84\x8b\xfe\xbb\x06\x1a\x0592925"\x0893'
        b"158.47:\x0b36.83803224H\x88\x92\xfe\xbb"
        b"\x06"
    ),
}
"""Frames of spot as google.protobuf 5.29.5 writes them by MEXC's definitions of June 2026
(github.com/mexcdevelop/websocket-proto), with the values of its documents' examples."""

TEXTS: tuple[str, ...] = (
    '{"symbol":"BTC_USDT","data":[{"p":114350.4,"v":4,"T":2,"O":3,"M":2,"t":1760368563597,"i":'
    '"16270106116","cts":"1760368563597"}],"channel":"push.deal","ts":1760368563597}',
    '{"channel":"push.deal","data":{"M":1,"O":1,"T":1,"p":6866.5,"t":1587442049632,"v":2096},'
    '"symbol":"BTC_USDT","ts":1587442022003}',
    '{"channel":"push.depth","data":{"asks":[[6859.5,3251,1]],"bids":[],"version":96801927},'
    '"symbol":"BTC_USDT","ts":1587442022003}',
    '{"channel":"push.depth","data":{"asks":[[39146.5,11264,1]],"bids":[[39144,35460,1]],"end":'
    '4895965272,"begin":4895965271},"symbol":"BTC_USDT","ts":1651239652372}',
    '{"symbol":"BTC_USDT","data":{"asks":[[6859.5,3251,1]],"bids":[[6.8594e+3,3251,1]],"version":'
    '96801927},"channel":"push.depth.full","ts":1587442022003}',
    '{"channel":"push.ticker","data":{"ask1":6866.5,"bid1":6865,"contractId":1,"fairPrice":6867.4,'
    '"fundingRate":0.0008,"high24Price":7223.5,"indexPrice":6861.6,"lastPrice":6865.5,"symbol":'
    '"BTC_USDT","timestamp":1587442022003,"holdVol":2284742,"volume24":164586129},"symbol":'
    '"BTC_USDT","ts":1587442022003}',
    '{"channel":"push.funding.rate","data":{"rate":-5.1e-05,"symbol":"BTC_USDT","nextSettleTime":'
    '1587456000000},"symbol":"BTC_USDT","ts":1587442022003}',
    '{"channel":"push.fair.price","data":{"price":0.001,"symbol":"BTC_USDT"},"symbol":"BTC_USDT",'
    '"ts":1587442022003}',
    '{"channel":"push.index.price","data":{"price":0.001,"symbol":"BTC_USDT"},"symbol":"BTC_USDT",'
    '"ts":1587442022003}',
    '{"channel":"push.tickers","data":[{"fairPrice":183.01,"lastPrice":183,"riseFallRate":-0.0708,'
    '"symbol":"BSV_USDT","volume24":200}],"ts":1587442022003}',
    '{"success":true,"code":0,"data":{"asks":[[6859.5,3251,1]],"bids":[[6859.4,1,1]],"version":'
    '96801927,"timestamp":1587442022003}}',
    '{"lastUpdateId":1377043284,"bids":[["30225.77","0.021872"]],"asks":[["30225.80","0.1"]]}',
    '{"channel":"rs.sub.deal","data":"success","ts":1587442022003}',
    '{"channel":"pong","data":1587453241453}',
    '{"id":0,"code":0,"msg":"spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDT"}',
    '{"id":0,"code":0,"msg":"PONG"}',
)
"""Of MEXC's documents, of ccxt's and, where a form is not in either, put together from both."""

SAMPLES: tuple[str | bytes, ...] = (
    *PUSHED.values(),
    *TEXTS,
    gzip.compress(TEXTS[0].encode(), mtime=0),
)
"""One frame of each kind."""

INSTRUMENTS = ("mxc.spot.2025-05-08.json.gz", "mxc.swap.2025-05-08.json.gz")
LISTED = {"mxc.spot.2025-05-08.json.gz": 2600, "mxc.swap.2025-05-08.json.gz": 700}
WITH_CCXT: dict[str, str] = {}
CURRENT: dict[str, tuple[str, ...]] = {}
"""ccxt reads spot by another library: tests/unit/test_feeds_mexc.py hands it what that makes."""
MADE = {"spot": spot, "contract": contract}
"""Markets for `tapeline bench feeds`, made up because there is no recording."""
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.mexc()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names; the list of spot is of an older form than ccxt reads."""
    exchange = ccxt.mexc()
    answers = {"symbols": [_today(row) for row in rows]} if "settleCoin" not in rows[0] else {}
    exchange.spotPublicGetExchangeInfo = lambda params: answers
    exchange.contractPublicGetDetail = lambda params: {"data": rows}
    markets = exchange.fetch_spot_markets() if answers else exchange.fetch_swap_markets()
    return {market["id"]: market["symbol"] for market in markets}


def _today(row: dict[str, Any]) -> dict[str, Any]:
    base, quote = row["symbol"].split("_")
    return {"symbol": base + quote, "baseAsset": base, "quoteAsset": quote, "status": "1"}
