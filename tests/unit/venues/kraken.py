"""What the tests of all venues ask of Kraken, spot and futures."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro

from engine.feeds.events import Event

NAME = "kraken"

FUTURES = "KRAKEN_FUTURES.ws.1.0.gz"
RECORDINGS: dict[str, dict[str, int]] = {
    "KRAKEN.ws.48.0.gz": {"frames": 49, "control": 41, "trade": 10},
    "KRAKEN.ws.49.0.gz": {"frames": 60, "control": 42, "quote": 18},
    "KRAKEN.ws.50.0.gz": {"frames": 4321, "control": 42, "book": 4279},
    FUTURES: {"frames": 7175, "control": 31, "book": 7024, "trade": 1003, "quote": 107},
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""
NOTICES = {
    "KRAKEN.ws.50.0.gz": {"stale": 2, "resync": 1},
    FUTURES: {"gap": 149, "stale": 8, "resync": 2},
}
"""Notices that `tapeline decode` adds: of quiet books, and of seconds without a bar between the
last 100 trades of a product, which the venue tells at the start and which may reach back hours."""

SAMPLES: tuple[str | bytes, ...] = (
    '[0,[["5541.20000","0.15850568","1534614057.321597","s","l",""],["6060.00000","0.02455000",'
    '"1534614057.324998","b","l",""]],"trade","XBT/USD"]',
    '[0,{"as":[["5541.30000","2.50700000","1534614248.123678"]],"bs":[["5541.20000","1.52900000",'
    '"1534614248.765567"],["5539.90000","0.30000000","1534614241.769870"]]},"book-100","XBT/USD"]',
    '[1234,{"a":[["5541.30000","2.50700000","1534614248.456738"]]},{"b":[["5541.30000","0.00000000"'
    ',"1534614335.345903","r"]],"c":"974942666"},"book-10","XBT/USD"]',
    '[1234,{"b":[["5541.30000","0.00000000","1534614335.345903"]],"c":"4187525586"},"book-10",'
    '"XBT/USD"]',
    '[0,["5698.40000","5700.00000","1542057299.545897","1.01234567","0.98765432"],"spread",'
    '"XBT/USD"]',
    '[0,{"a":["5525.40000",1,"1.000"],"b":["5525.10000",1,"1.000"],"c":["5525.10000","0.00398963"]'
    '},"ticker","XBT/USD"]',
    '[42,["1542057314.748456","1542057360.435743","3586.70000","2"],"ohlc-5","XBT/USD"]',
    '{"channelID":10001,"channelName":"ticker","event":"subscriptionStatus","pair":"XBT/EUR",'
    '"status":"subscribed","subscription":{"name":"ticker"}}',
    '{"event":"heartbeat"}',
    '{"channel":"trade","type":"update","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117'
    ',"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}]'
    "}",
    '{"channel":"book","type":"snapshot","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5666,'
    '"qty":4831.75496356}],"asks":[{"price":0.5668,"qty":4410.79769741}],"checksum":2439117997}]}',
    '{"channel":"book","type":"update","data":[{"symbol":"MATIC/USD","bids":[{"price":0.5657,"qty":'
    '1098.3947558}],"asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}',
    '{"channel":"ticker","type":"update","data":[{"symbol":"ALGO/USD","bid":0.10025,"bid_qty":740.0'
    ',"ask":1.0035e-1,"ask_qty":740.0,"last":0.10035,"volume":997038.98383185}]}',
    '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":'
    '"MATIC/USD"},"success":true,"time_in":"2023-10-06T17:35:55.219022Z"}',
    '{"channel":"heartbeat"}',
    '{"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":326072249,'
    '"tickSize":null,"bids":[{"price":34892.5,"qty":6385}],"asks":[{"price":34911.5,"qty":20598}]}',
    '{"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326094134,"price":34981,"qty":0,'
    '"timestamp":1612269953629}',
    '{"feed":"trade","product_id":"PI_XBTUSD","uid":"05af78ac-a774-478c-a50c-8b9c234e071e","side":'
    '"sell","type":"liquidation","seq":653355,"time":1612266317519,"qty":15000,"price":34969.5}',
    '{"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":"trade","product_id":'
    '"PI_XBTUSD","uid":"caa9c653","side":"sell","type":"fill","seq":655508,"time":1612269657781,'
    '"qty":440,"price":34893}]}',
    '{"time":1676393235406,"product_id":"PI_XBTUSD","funding_rate":-6.2604214e-11,'
    '"relative_funding_rate":-1.380384722222e-6,"next_funding_rate_time":1676394000000,"feed":'
    '"ticker","bid":21978.5,"ask":21987.0,"bid_size":2536.0,"ask_size":13948.0,"index":21984.54,'
    '"tag":"perpetual","openInterest":30072580.0,"markPrice":21979.68641534714}',
    '{"feed":"ticker_lite","product_id":"PI_XRPUSD","bid":0.5881,"ask":0.5888,"tag":"perpetual"}',
    '{"event":"subscribed","feed":"trade","product_ids":["PI_XBTUSD"]}',
    '{"error":[],"result":{"AAVEAUD":{"altname":"AAVEAUD","wsname":"AAVE/AUD"}}}',
    '{"result":"success","instruments":[{"symbol":"pi_xbtusd","type":"futures_inverse"}]}',
)
"""One frame of each kind: of the documents, of the recordings and of ccxt."""

INSTRUMENTS = (
    "kraken.spot.2021-04-17.json.gz",
    "kraken.spot.2025-05-08.json.gz",
    "kraken.futures.2021-07-22.json.gz",
)
"""Lists in infra/recordings/venues/instruments."""
LISTED = dict(zip(INSTRUMENTS, (290, 1030, 17), strict=True))
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""


class Both(ccxt.pro.krakenfutures):  # type: ignore[misc]
    """ccxt's readers of the futures and of spot v2; it has none of v1 any more."""

    def set_markets(self, markets: Any, currencies: Any = None) -> Any:
        """Both know them."""
        self.spot = ccxt.pro.kraken()
        self.spot.set_markets(markets)
        return super().set_markets(markets, currencies)

    def handle_message(self, client: Any, message: Any) -> None:
        """Spot's frames have channels."""
        if "channel" not in message:
            super().handle_message(client, message)
            return
        self.spot.handle_message(client, message)
        self.trades, self.orderbooks = self.spot.trades, self.spot.orderbooks


def theirs() -> Any:
    """ccxt's readers."""
    return Both()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the names of v2 and of the futures."""
    if "wsname" in rows[0]:
        spot: Any = ccxt.kraken()
        rows = [row for row in rows if "wsname" in row]
        for row in rows:
            for at, part in enumerate(("base", "quote")):
                code = row["wsname"].split("/")[at]
                spot.parse_currency({"_coin_id": row[part], "altname": code})
        spot.publicGetAssetPairs = lambda params: {"result": {r["altname"]: r for r in rows}}
        found = spot.fetch_markets()
        return {_now(each["wsId"]): each["symbol"] for each in found if each["wsId"]}
    futures: Any = ccxt.krakenfutures()
    futures.publicGetInstruments = lambda params: {"instruments": rows}
    found = futures.fetch_markets()
    return {each["id"].upper(): each["symbol"] for each in found if not each["index"]}


def _now(name: str) -> str:
    return "/".join({"XBT": "BTC", "XDG": "DOGE"}.get(code, code) for code in name.split("/"))


WITH_CCXT = {FUTURES: "wss://futures.kraken.com/ws/v1"}
"""Recordings in a format that ccxt reads, and the address that it would have connected to."""
SNAPSHOT = (
    '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":45283.5,'
    '"qty":0.10000000},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.10000000},{'
    '"price":45281.0,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},{"price":45279.0,"qty":'
    '0.07990000},{"price":45277.6,"qty":0.03310103},{"price":45277.5,"qty":0.30000000},{"price":'
    '45277.3,"qty":1.54602737},{"price":45276.6,"qty":0.15445238}],"asks":[{"price":45285.2,"qty":'
    '0.00100000},{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},{"price":'
    '45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.15890660},{"price":45291.8,"qty":1.54553491'
    '},{"price":45294.7,"qty":0.04454749},{"price":45296.1,"qty":0.35380000},{"price":45297.5,'
    '"qty":0.09945542},{"price":45299.5,"qty":0.18772827}],"checksum":3310070434}]}'
)
"""The worked example of the guide "Spot Websockets (v2) Book Checksum"."""
UPDATE = (
    '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[%s],"asks":[],'
    '"checksum":%d,"timestamp":"2023-10-06T17:35:55.440295Z"}]}'
)
UPDATES = (
    UPDATE % ('{"price":45284.0,"qty":0.20000000}', 3443054480),
    UPDATE % ('{"price":45284.0,"qty":0.00000000},{"price":45276.6,"qty":0.15445238}', 3310070434),
)
"""A better bid pushes the last out of the ten; when it goes, the venue tells the last again."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://ws.kraken.com/v2": (str(SAMPLES[9]), SNAPSHOT, *UPDATES),
    "wss://futures.kraken.com/ws/v1": (str(SAMPLES[15]), str(SAMPLES[17])),
}
"""Frames in today's format, by the address that ccxt would have them from."""
BOOKS_COMPARED: dict[str, int] = {}
"""Books that can be compared, where these are not all."""
CUT = "ccxt cuts times to ms"


def _time(ours: Event, mine: int, their: int) -> str | None:
    return CUT if mine // 1_000_000 * 1_000_000 == their else None


DIFFERENCES: dict[str, Any] = {"time": _time}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE = {"wss://ws.kraken.com/v2": {CUT: 1}}
"""How often ccxt's differ for which reason, by recording."""
