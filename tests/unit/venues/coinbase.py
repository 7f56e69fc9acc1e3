"""What the tests of all venues ask of Coinbase, Advanced Trade and the Exchange."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro

from engine.feeds.events import Event

NAME = "coinbase"

RECORDED = "COINBASE.ws.28.0.gz"
RECORDINGS: dict[str, dict[str, int]] = {
    RECORDED: {"frames": 9946, "control": 3, "book": 9729, "quote": 107, "trade": 107},
}
"""Frames of each recording in infra/recordings/venues: all, those of no market, and events."""
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""
NOTICES = {RECORDED: {"stale": 1}}
"""Notices that `tapeline decode` adds, by recording: of quiet books."""

SAMPLES: tuple[str | bytes, ...] = (
    '{"type":"snapshot","product_id":"BTC-USD","asks":[["10102.55","0.57753524"]],"bids":[['
    '"10101.10","0.45054140"]],"time":"2024-08-14T20:42:27.265000Z"}',
    '{"type":"l2update","product_id":"BTC-USD","changes":[["buy","10101.80000000","0.162567"],['
    '"sell","10102.55","0"]],"time":"2019-08-14T20:42:27.265Z"}',
    '{"type":"match","trade_id":10,"maker_order_id":"ac928c66","taker_order_id":"132fb6ae","side":'
    '"sell","size":"5.23512","price":"400.23","product_id":"BTC-USD","sequence":50,"time":'
    '"2014-11-07T08:19:27.028459Z"}',
    '{"type":"last_match","trade_id":881613,"side":"sell","size":"0.04","price":"14.7775",'
    '"product_id":"BAND-GBP","sequence":333938798,"time":"2021-04-17T16:43:30.244075Z"}',
    '{"type":"ticker","sequence":37475248783,"product_id":"ETH-USD","price":"1285.22","best_bid":'
    '"1285.04","best_bid_size":"0.46688654","best_ask":"1285.27","best_ask_size":"1.56637040",'
    '"side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4"}',
    '{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":'
    '"2014-11-07T08:19:28.464459Z"}',
    '{"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["ETH-BTC"]}]}',
    '{"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z",'
    '"sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid"'
    ',"event_time":"1970-01-01T00:00:00Z","price_level":"21921.73","new_quantity":"0.06317902"},{'
    '"side":"offer","event_time":"1970-01-01T00:00:00Z","price_level":"21922","new_quantity":"0"}]}'
    "]}",
    '{"channel":"market_trades","client_id":"","timestamp":"2023-02-09T20:19:35.39625135Z",'
    '"sequence_num":7,"events":[{"type":"update","trades":[{"trade_id":"12","product_id":"ETH-USD",'
    '"price":"1260.01","size":"0.3","side":"BUY","time":"2019-08-14T20:42:27.265Z"}]}]}',
    '{"channel":"ticker","client_id":"","timestamp":"2023-02-09T20:30:37.167359596Z",'
    '"sequence_num":0,"events":[{"type":"snapshot","tickers":[{"type":"ticker","product_id":'
    '"BTC-USD","price":"21932.98","best_bid":"21931.98","best_bid_quantity":"8000.21","best_ask":'
    '"21933.98","best_ask_quantity":"8038.07770938"}]}]}',
    '{"channel":"subscriptions","client_id":"","timestamp":"2023-02-09T20:30:37.167359596Z",'
    '"sequence_num":1,"events":[{"subscriptions":{"level2":["BTC-USD"]}}]}',
    '{"channel":"heartbeats","client_id":"","timestamp":"2023-06-23T20:31:26.122969572Z",'
    '"sequence_num":0,"events":[{"current_time":"2023-06-23 20:31:56.121961769 +0000 UTC",'
    '"heartbeat_counter":"3049"}]}',
    '[{"id":"BTC-USD","base_currency":"BTC","quote_currency":"USD"}]',
    '{"products":[{"product_id":"BTC-USD"}],"num_products":1}',
)
"""One frame of each kind: of the documents, of the recording and of ccxt."""

INSTRUMENTS = ("coinbase_pro.spot.2024-11-29.json.gz",)
"""Lists in infra/recordings/venues/instruments."""
LISTED = {"coinbase_pro.spot.2024-11-29.json.gz": 648}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {}
"""Names whose form alone says nothing, or another symbol than the list does."""


class Both(ccxt.pro.coinbaseexchange):  # type: ignore[misc]
    """ccxt's readers of the Exchange and of Advanced Trade. The former passes over the last trade
    before a subscription: it is told that this is a match like others.
    """

    def set_markets(self, markets: Any, currencies: Any = None) -> Any:
        """Both know them."""
        self.advanced = ccxt.pro.coinbase()
        self.advanced.set_markets(markets)
        return super().set_markets(markets, currencies)

    def handle_message(self, client: Any, message: Any) -> None:
        """Advanced Trade's frames have channels."""
        if "channel" in message:
            self.advanced.handle_message(client, message)
            self.trades, self.orderbooks = self.advanced.trades, self.advanced.orderbooks
            return
        if message.get("type") == "last_match":
            message = message | {"type": "match"}
        super().handle_message(client, message)


def theirs() -> Any:
    """ccxt's readers."""
    return Both()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names."""
    exchange: Any = ccxt.coinbaseexchange()
    exchange.publicGetProducts = lambda params: rows
    return {each["id"]: each["symbol"] for each in exchange.fetch_markets()}


WITH_CCXT = {RECORDED: "wss://ws-feed.exchange.coinbase.com"}
"""Recordings in a format that ccxt reads, and the address that it would have connected to."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://advanced-trade-ws.coinbase.com": (
        *map(str, SAMPLES[7:9]),
        '{"channel":"l2_data","client_id":"","timestamp":"2023-02-09T20:32:51.714964855Z",'
        '"sequence_num":8,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":'
        '"offer","event_time":"2023-02-09T20:32:51.714Z","price_level":"21922.5","new_quantity":'
        '"0.5"},{"side":"bid","event_time":"2023-02-09T20:32:51.714Z","price_level":"21921.73",'
        '"new_quantity":"0"}]}]}',
    ),
    "wss://ws-feed.exchange.coinbase.com": tuple(map(str, SAMPLES[:3])),
}
"""Frames in today's format, by the address that ccxt would have them from."""
BOOKS_COMPARED: dict[str, int] = {}
"""Books that can be compared, where these are not all."""
CUT = "ccxt cuts times to ms"
MAKER = "ccxt tells the maker's side"


def _time(ours: Event, mine: int, their: int) -> str | None:
    return CUT if mine // 1_000_000 * 1_000_000 == their else None


def _side(ours: Event, mine: str, their: str) -> str | None:
    """Coinbase: "side, which refers to the makers side"; ccxt knows it of the Exchange only."""
    return MAKER


DIFFERENCES: dict[str, Any] = {"time": _time, "side": _side}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE = {
    RECORDED: {CUT: 107},
    "wss://advanced-trade-ws.coinbase.com": {MAKER: 1},
    "wss://ws-feed.exchange.coinbase.com": {CUT: 1},
}
"""How often ccxt's differ for which reason, by recording."""
