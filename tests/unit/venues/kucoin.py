"""What the tests of all venues ask of KuCoin."""

from __future__ import annotations

from typing import Any

import ccxt.pro

NAME = "kucoin"

RECORDINGS: dict[str, dict[str, int]] = {
    "KUCOIN.ws.1.0.gz": {"frames": 4721, "control": 20, "trade": 18, "quote": 830, "book": 3853},
    "KUCOIN.http.0.0.gz": {"frames": 9, "control": 0, "book": 9},
}
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""

SAMPLES: tuple[str | bytes, ...] = (
    '{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{'
    '"makerOrderId":"671b5007389355000701b1d3","price":"67523","sequence":"11067996711960577",'
    '"side":"buy","size":"0.003","symbol":"BTC-USDT","takerOrderId":"671b50161777ff00074c168d",'
    '"time":"1729843222921000000","tradeId":"11067996711960577","type":"match"}}',
    '{"type":"message","topic":"/market/ticker:FET-BTC","subject":"trade.ticker","data":{"bestAsk":'
    '"0.00001867","bestAskSize":"258.4609","bestBid":"0.00001862","bestBidSize":"68.5961",'
    '"price":"0.00001862","sequence":"38509148","size":"8.943","time":1677321643926}}',
    '{"type":"message","topic":"/market/ticker:all","subject":"FTM-ETH","data":{"bestAsk":'
    '"0.0002901","bestAskSize":"3514.4978","bestBid":"0.0002894","bestBidSize":"65.536","price":'
    '"0.0002894","sequence":"186911324","size":"150","time":1677320967673}}',
    '{"topic":"/spotMarket/level1:ETH-USDT","type":"message","data":{"asks":["3347.42","2.0778387"]'
    ',"bids":["3347.41","6.0411697"],"timestamp":1712231142085},"subject":"level1"}',
    '{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{'
    '"changes":{"asks":[["18906","0.00331","14103845"],["0","0","14103844"]],"bids":[["18891.9",'
    '"0","14103847"]]},"sequenceEnd":14103847,"sequenceStart":14103844,"symbol":"BTC-USDT","time":'
    "1663747970273}}",
    '{"topic":"/spotMarket/level2Depth5:BTC-USDT","type":"message","subject":"level2","data":{'
    '"asks":[["67996.7","1.14213262"],["67996.8","0.21748212"]],"bids":[["67996.6","0.37969491"]],'
    '"timestamp":1729822226746}}',
    '{"topic":"/contractMarket/level2:XBTUSDTM","type":"message","subject":"level2","sn":'
    '1709400450243,"data":{"sequence":1709400450243,"change":"90631.2,sell,2","timestamp":'
    "1731897467182}}",
    '{"topic":"/contractMarket/level2Depth5:XBTUSDTM","type":"message","subject":"level2","sn":'
    '1731680019100,"data":{"bids":[["89720.9",513],["89720.8",12]],"sequence":1709294294670,'
    '"timestamp":1731680019100,"ts":1731680019100,"asks":[["89721",906]]}}',
    '{"topic":"/contractMarket/execution:XBTUSDTM","type":"message","subject":"match","sn":'
    '1794100537695,"data":{"symbol":"XBTUSDTM","sequence":1794100537695,"side":"buy","size":2,'
    '"price":"90503.9","takerOrderId":"247822202957807616","makerOrderId":"247822167163555840",'
    '"tradeId":"1794100537695","ts":1731898619520000000}}',
    '{"type":"message","topic":"/contractMarket/execution:ETHUSDCM","subject":"match","data":{'
    '"symbol":"ETHUSDCM","sequence":31443494,"side":"sell","size":35,"price":23083.5,"tradeId":'
    '"63f940400000650065f4996f","ts":1677279296134648800}}',
    '{"subject":"tickerV2","topic":"/contractMarket/tickerV2:XBTUSDM","data":{"symbol":"XBTUSDM",'
    '"sequence":45,"bestBidSize":795,"bestBidPrice":3200.0,"bestAskPrice":"3600.0","bestAskSize":'
    '284,"ts":1553846081210004941}}',
    '{"topic":"/contract/instrument:XBTUSDTM","type":"message","subject":"mark.index.price","data":'
    '{"granularity":1000,"indexPrice":4000.23,"markPrice":4010.52,"timestamp":1551770400000}}',
    '{"topic":"/contract/instrument:XBTUSDTM","type":"message","subject":"funding.rate","data":{'
    '"granularity":60000,"fundingRate":-2.966E-5,"timestamp":1551770400000}}',
    '{"T":"trade.SPOT","P":"1774618231151398133","d":{"E":"20745928670070784","M":'
    '"1774618231141000000","S":"buy","p":"1995.49","q":"0.3142324","s":"ETH-USDT","ti":'
    '"20745928670070784"}}',
    '{"T":"ticker.SPOT","P":"1774100940787520626","d":{"A":"0.5972689","B":"23.3114947","E":'
    '20310552932,"M":"1774100940780000000","S":"SELL","a":"2155.55","b":"2155.54","l":"2155.54",'
    '"q":"0.0001529","s":"ETH-USDT"}}',
    '{"T":"obu.SPOT","dp":"50","t":"snapshot","P":"1774624848680504909","d":{"C":20452522782,"M":'
    '"1774624848673000000","O":20452522782,"a":[["66532.5","0.46243848"]],"b":[["66532.4",'
    '"0.09489"]],"s":"BTC-USDT"}}',
    '{"code":"200000","data":{"symbol":"XBTUSDM","sequence":100,"asks":[["5000.0",1000],["6000.0",'
    '1983]],"bids":[["3200.0",800]],"ts":1604643655040584408}}',
    '{"id":"1","result":true}',
    '{"id":"NSkIrWGB1s","type":"welcome"}',
)
"""One frame of each kind: of the docs, of gocryptotrader's fixtures and of ccxt."""

INSTRUMENTS = ("kucoin.spot.2025-05-08.json.gz",)
"""Lists in infra/recordings/venues/instruments."""
LISTED = {"kucoin.spot.2025-05-08.json.gz": 1200}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""
NOTICES: dict[str, dict[str, int]] = {
    "KUCOIN.http.0.0.gz": {"stale": 8},
}
"""Notices that `tapeline decode` adds, by recording."""


class _Ccxt(ccxt.pro.kucoin):  # type: ignore[misc]
    """Does not ask for the books that it lacks."""

    def spawn(self, method: Any, *args: Any) -> None:
        """Nothing is asked for."""


def theirs() -> Any:
    """ccxt's reader."""
    return _Ccxt()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names."""
    code = theirs().safe_currency_code
    pairs = {row["symbol"]: row["symbol"].split("-") for row in rows}
    return {name: f"{code(base)}/{code(quote)}" for name, (base, quote) in pairs.items()}


WITH_CCXT: dict[str, str] = {}
"""Its recording's books need their snapshots: see tests/unit/test_feeds_kucoin.py."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://ws-api-spot.kucoin.com/?token=1": (str(SAMPLES[0]), str(SAMPLES[5])),
    "wss://ws-api-futures.kucoin.com/?token=1": tuple(map(str, SAMPLES[7:10])),
    "wss://x-push-spot.kucoin.com": (str(SAMPLES[13]), str(SAMPLES[15])),
}
"""Frames in today's format, by the address that ccxt would have them from. Not the Pro socket's
deltas: ccxt looks for "bids" and "asks" there, and finds none."""
ROUNDED = "ccxt tells ms, found through a float"


def _time(ours: object, mine: int, their: int) -> str | None:
    return ROUNDED if 0 < mine - their < 2_000_000 else None


DIFFERENCES: dict[str, Any] = {"time": _time}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE: dict[str, dict[str, int]] = {
    "wss://ws-api-futures.kucoin.com/?token=1": {ROUNDED: 1},
    "wss://x-push-spot.kucoin.com": {ROUNDED: 1},
}
"""How often ccxt's differ for which reason, by recording."""
BOOKS_COMPARED: dict[str, int] = {}
"""Books that can be compared, where these are not all."""
