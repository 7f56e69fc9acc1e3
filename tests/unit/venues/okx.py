"""What the tests of all venues ask of OKX."""

from __future__ import annotations

from typing import Any

import ccxt.pro

NAME = "okx"

RECORDINGS: dict[str, dict[str, int]] = {
    "OKX.ws.1.0.gz": {"frames": 410, "control": 18, "trade": 74, "quote": 28, "book": 290},
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""

SAMPLES: tuple[str, ...] = (
    '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT",'
    '"tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897",'
    '"count":"3","source":"0","seqId":1234}]}',
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["8476.98'
    '","415","0","13"],["8477","7","0","2"]],"bids":[["8476.97","256","0","12"]],"ts":'
    '"1597026383085","checksum":0,"prevSeqId":-1,"seqId":123456}]}',
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8476.98",'
    '"0","0","0"]],"bids":[],"ts":"1597026383085","checksum":0,"prevSeqId":123456,"seqId":123457}]}',
    '{"arg":{"channel":"bbo-tbt","instId":"BCH-USDT-SWAP"},"data":[{"asks":[["111.06","55154","0",'
    '"2"]],"bids":[["111.05","57745","0","2"]],"ts":"1670324386802","seqId":363996337}]}',
    '{"arg":{"channel":"tickers","instId":"BTC-USD-220527"},"data":[{"instType":"FUTURES","instId":'
    '"BTC-USD-220527","last":"30218.8","lastSz":"1","askPx":"30220.1","askSz":"3","bidPx":"30210.4'
    '","bidSz":"4","open24h":"29571.4","ts":"1652459223003"}]}',
    '{"arg":{"channel":"funding-rate","instId":"BTC-USD-SWAP"},"data":[{"fundingRate":'
    '"-0.0001875391284828","fundingTime":"1700726400000","instId":"BTC-USD-SWAP","instType":"SWAP",'
    '"nextFundingTime":"1700755200000","ts":"1700724675402"}]}',
    '{"arg":{"channel":"mark-price","instId":"LTC-USD-190628"},"data":[{"instType":"FUTURES",'
    '"instId":"LTC-USD-190628","markPx":"0.1","ts":"1597026383085"}]}',
    '{"arg":{"channel":"open-interest","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP",'
    '"instType":"SWAP","oi":"2216113.01000000309","oiCcy":"22161.1301000000309",'
    '"oiUsd":"1939251795.54769270396321","ts":"1743041250440"}]}',
    '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0",'
    '"bkPx":"0.007831","ccy":"","posSide":"short","side":"buy","sz":"13","ts":"1692266434010"}],'
    '"instFamily":"IOST-USDT","instId":"IOST-USDT-SWAP","instType":"SWAP","uly":"IOST-USDT"}]}',
    '{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}',
    "pong",
)
"""One frame of each kind: of the guide, of the recording and of ccxt."""

INSTRUMENTS = ("okx.SPOT.2025-05-08.json.gz", "okx.SWAP.2025-05-08.json.gz")
"""Lists in infra/recordings/venues/instruments."""


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.okx()


LISTED = {"okx.SPOT.2025-05-08.json.gz": 600, "okx.SWAP.2025-05-08.json.gz": 250}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""
NOTICES: dict[str, dict[str, int]] = {}
"""Notices that `tapeline decode` adds, by recording."""


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names."""
    exchange = theirs()
    return {row["instId"]: exchange.parse_market(row)["symbol"] for row in rows}


WITH_CCXT = {"OKX.ws.1.0.gz": "wss://ws.okx.com:8443/ws/v5/public"}
"""Recordings in a format that ccxt reads, and the address that it would have connected to."""
BOOKS_COMPARED: dict[str, int] = {}
"""Books that can be compared, where these are not all."""
DIFFERENCES: dict[str, Any] = {}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE: dict[str, dict[str, int]] = {}
"""How often ccxt's differ for which reason, by recording."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://ws.okx.com:8443/ws/v5/public": (
        *SAMPLES[:3],
        '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["8477.3'
        '4","85","0","1"]],"bids":[["8476.97","0","0","0"],["8475.55","101","0","1"]],"ts":'
        '"1597026383185","checksum":0,"prevSeqId":123457,"seqId":123460}]}',
    )
}
"""Frames in today's format, by the address that ccxt would have them from."""
