"""What the tests of all venues ask of Gate."""

from __future__ import annotations

from typing import Any

import ccxt.pro

NAME = "gate"

RECORDINGS: dict[str, dict[str, int]] = {
    "GATEIO.ws.1.0.gz": {"frames": 239, "control": 58, "trade": 9, "book": 172},
    "GATEIO.http.0.0.gz": {"frames": 10, "control": 0, "book": 10},
    "GATEIO_FUTURES.ws.1.0.gz": {"frames": 450, "control": 23, "quote": 75, "book": 352},
    "GATEIO_FUTURES.http.0.0.gz": {"frames": 10, "control": 0, "book": 10},
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""

SAMPLES: tuple[str | bytes, ...] = (
    '{"time":1606292218,"time_ms":1606292218231,"channel":"spot.trades","event":"update","result":{'
    '"id":309143071,"create_time":1606292218,"create_time_ms":"1606292218213.4578","side":"sell",'
    '"currency_pair":"GT_USDT","amount":"16.4700000000","price":"0.4705000000","range":'
    '"2390902-2390903","id_market":2390903}}',
    '{"time":1606293275,"time_ms":1606293275723,"channel":"spot.book_ticker","event":"update",'
    '"result":{"t":1606293275123,"u":48733182,"s":"BTC_USDT","b":"19177.79","B":"0.0003341504",'
    '"a":"19179.38","A":"0.09"}}',
    '{"time":1606294781,"time_ms":1606294781236,"channel":"spot.order_book_update","event":"update"'
    ',"result":{"t":1606294781123,"e":"depthUpdate","E":1606294781,"s":"BTC_USDT","U":48776301,'
    '"u":48776306,"b":[["19137.74","0.0001"],["19088.37","0"]],"a":[["19137.75","0.6135"]]}}',
    '{"time":1606294781,"time_ms":1606294781236,"channel":"spot.order_book_update","event":"update"'
    ',"result":{"t":1606294781123,"full":true,"l":"100","e":"depthUpdate","E":1606294781,"s":'
    '"BTC_USDT","U":48776301,"u":48776306,"b":[["19137.74","0.0001"]],"a":[]}}',
    '{"time":1606295412,"time_ms":1606295412213,"channel":"spot.order_book","event":"update",'
    '"result":{"t":1606295412123,"lastUpdateId":48791820,"s":"BTC_USDT","l":"5","bids":[["19079.55"'
    ',"0.0195"]],"asks":[["19080.24","0.1638"],["19080.91","0.1366"]]}}',
    '{"channel":"spot.obu","result":{"t":1747054612673,"full":true,"s":"ob.BTC_USDT.50","u":'
    '73777715168,"b":[["104027.1","509392"]],"a":[["104027.2","44617"]]},"time_ms":1747054612848}',
    '{"channel":"futures.obu","result":{"t":1743673027017,"s":"ob.BTC_USDT.400","U":79072179674,'
    '"u":79072179694,"b":[["83702.2","62"],["83702.1","0"]]},"time_ms":1743673027020}',
    '{"time":1678470000,"time_ms":1678470000123,"channel":"futures.obu","event":"update","result":{'
    '"t":1678470000100,"full":true,"s":"futures.BTC_USD.20","U":1,"u":100,"b":[[19901.2,5000]],'
    '"a":[[19909,3100]]}}',
    '{"channel":"futures.trades","event":"update","time":1541503698,"result":[{"size":-108,"id":'
    '27753479,"create_time":1545136464,"create_time_ms":1545136464123,"price":"96.4","contract":'
    '"BTC_USD"}]}',
    '{"channel":"futures.trades","event":"update","time":1541503698,"time_ms":1541503698123,'
    '"result":[{"size":"10.5","id":27753480,"create_time":1545136464,"create_time_ms":1545136464123'
    ',"price":"96.5","contract":"BTC_USDT","is_internal":true}]}',
    '{"time":1615366379,"channel":"futures.book_ticker","event":"update","error":null,"result":{'
    '"t":1615366379123,"u":2517661076,"s":"BTC_USD","b":"54696.6","B":37000,"a":"","A":0}}',
    '{"time":1615366381,"time_ms":1615366381123,"channel":"futures.order_book_update","event":'
    '"update","result":{"t":1615366381417,"s":"BTC_USDT","U":2517661101,"u":2517661113,"b":[{"p":'
    '"54672.1","s":0},{"p":"54664.5","s":58794}],"a":[{"p":"54743.6","s":"9.5"}],"l":"100"}}',
    '{"time":1678468497,"time_ms":1678468497232,"channel":"futures.order_book","event":"all",'
    '"result":{"t":1678468497168,"id":4010394406,"contract":"BTC_USD","asks":[{"p":"19909","s":3100'
    '}],"bids":[{"p":"19901.2","s":5000}]}}',
    '{"time":1541659086,"channel":"futures.tickers","event":"update","error":null,"result":[{'
    '"contract":"BTC_USD","last":"118.4","change_percentage":"0.77","funding_rate":"-0.000114",'
    '"funding_rate_indicative":"0.01875","mark_price":"118.35","index_price":"118.36","total_size":'
    '"73648","volume_24h":"745487577","quanto_base_rate":""}]}',
    '{"channel":"futures.public_liquidates","event":"update","time":1541505434,"time_ms":'
    '1541505434123,"result":[{"price":215.1,"size":-124,"time_ms":1541486601123,"contract":'
    '"BTC_USDT"}]}',
    '{"id":2691446,"asks":[["0.00010396","5876.967"]],"bids":[["0.00010322","5360.209"]]}',
    '{"current":1684930166.384,"update":1684930166.35,"asks":[{"s":803,"p":"0.2974"}],"bids":[{"s":'
    '20,"p":"0.2972"}],"id":203083210}',
    '{"time":1691620566,"channel":"spot.tickers","event":"update","result":{"currency_pair":'
    '"BTC_USDT","last":"29573.7","lowest_ask":"29573.7","highest_bid":"29573.6"}}',
    '{"time":1691622305,"time_ms":1691622305567,"id":8578128440611119318,"channel":'
    '"spot.order_book","event":"subscribe","result":{"status":"success"}}',
    '{"time":1545404023,"channel":"futures.pong","event":"","error":null,"result":null}',
    '{"type":"upgrade","msg":"The connection will soon be closed for a service upgrade."}',
)
"""One frame of each kind: of the documents, the recordings, XChange and gocryptotrader."""

INSTRUMENTS = ("gate.spot.2025-05-08.json.gz", "gate.linear_swap.2025-05-08.json.gz")
"""Lists in infra/recordings/venues/instruments."""


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.gate()


LISTED = {"gate.spot.2025-05-08.json.gz": 2900, "gate.linear_swap.2025-05-08.json.gz": 560}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""
NOTICES: dict[str, dict[str, int]] = {
    "GATEIO.http.0.0.gz": {"stale": 9},
    "GATEIO_FUTURES.http.0.0.gz": {"stale": 9},
}
"""Notices that `tapeline decode` adds, by recording."""


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names; its fetch_spot_markets does no more for pairs."""
    exchange = theirs()
    if "name" in rows[0]:
        return {row["name"]: exchange.parse_contract_market(row, "usdt")["symbol"] for row in rows}
    code = exchange.safe_currency_code
    return {row["id"]: "/".join(map(code, row["id"].split("_"))) for row in rows}


ONE_SYMBOL = {"DEFIBOX/USDT"}
"""ccxt's symbols of two instruments: of BOX_USDT, and of the DEFIBOX_USDT that followed it."""
WITH_CCXT: dict[str, str] = {}
"""Books need the answers of REST in between: tests/unit/test_feeds_gate.py compares all."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://api.gateio.ws/ws/v4/": (
        str(SAMPLES[0]),
        '{"channel":"spot.obu","result":{"t":1747054612673,"full":true,"s":"ob.BTC_USDT.50","u":'
        '73777715168,"b":[["104027.1","509392"],["104027","477932"]],"a":[["104027.2","44617"],'
        '["104027.4","39322"]]},"time_ms":1747054612848,"event":"update"}',
        '{"channel":"spot.obu","result":{"t":1747054612695,"s":"ob.BTC_USDT.50","U":73777715169,'
        '"u":73777715212,"b":[["104024.5","10343"],["104014.5","509392"]],"a":[["104027.2","0"],'
        '["104027.5","0"]]},"time_ms":1747054612925,"event":"update"}',
    ),
}
"""Frames in today's format, by the address that ccxt would have them from."""


def _cut(ours: Any, mine: int, their: int) -> str | None:
    return "ccxt cuts times to milliseconds" if mine // 10**6 * 10**6 == their else None


DIFFERENCES: dict[str, Any] = {"time": _cut}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE: dict[str, dict[str, int]] = {
    "wss://api.gateio.ws/ws/v4/": {"ccxt cuts times to milliseconds": 1}
}
"""How often ccxt's differ for which reason, by recording."""
