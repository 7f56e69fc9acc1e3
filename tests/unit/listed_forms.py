"""One instrument of each market that no shipped list has, as the venues' own documents show it.

Sources: Binance "Exchange Information" (spot, COIN-M), Bybit v5 and OKX v5 "Get Instruments",
Bitget v2 "Get Contract Config", Coinbase "Get Public Products", Gate v4 "List all futures
contracts" (delivery), HTX "Query Swap Info", KuCoin "Get All Symbols" (futures),
Kraken "Get instruments".
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Form(NamedTuple):
    """What a client is answered at a place, the venue's name of it, and fields of our row."""

    venue: str
    client: str
    place: str
    answer: Any
    name: str
    row: tuple[Any, ...]


FIELDS = ("symbol", "kind", "tick_size", "lot_size", "minimum_quantity", "minimum_notional",
          "contract_size", "status")  # fmt: skip

_BINANCE = {
    "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
    "isSpotTradingAllowed": True, "permissions": ["SPOT"],
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "stepSize": "0.00001000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
    ],
}  # fmt: skip
_BINANCE_CM = {
    "symbol": "BTCUSD_PERP", "pair": "BTCUSD", "contractType": "PERPETUAL",
    "contractStatus": "TRADING", "contractSize": 100, "marginAsset": "BTC", "baseAsset": "BTC",
    "quoteAsset": "USD", "deliveryDate": 4133404800000,
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
        {"filterType": "LOT_SIZE", "minQty": "1", "stepSize": "1"},
    ],
}  # fmt: skip
_BYBIT = {
    "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "Trading",
    "lotSizeFilter": {"basePrecision": "0.000001", "minOrderQty": "0.000048",
                      "minOrderAmt": "1", "quotePrecision": "0.00000001"},
    "priceFilter": {"tickSize": "0.01"},
}  # fmt: skip
_OKX = {
    "instId": "BTC-USD-251226", "instType": "FUTURES", "uly": "BTC-USD", "instFamily": "BTC-USD",
    "settleCcy": "BTC", "ctVal": "100", "ctMult": "1", "ctValCcy": "USD", "ctType": "inverse",
    "expTime": "1766736000000", "tickSz": "0.1", "lotSz": "1", "minSz": "1", "state": "live",
    "baseCcy": "", "quoteCcy": "", "lever": "100",
}  # fmt: skip
_BITGET = {
    "symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT", "minTradeNum": "0.001",
    "priceEndStep": "5", "volumePlace": "3", "pricePlace": "1", "sizeMultiplier": "0.001",
    "symbolType": "perpetual", "minTradeUSDT": "5", "symbolStatus": "normal",
    "supportMarginCoins": ["USDT"], "fundInterval": "8", "deliveryTime": "",
}  # fmt: skip
_COINBASE = {
    "product_id": "BTC-USD", "product_type": "SPOT", "base_currency_id": "BTC",
    "quote_currency_id": "USD", "base_increment": "0.00000001", "quote_increment": "0.01",
    "price_increment": "0.01", "base_min_size": "0.00000001", "quote_min_size": "1",
    "status": "online", "trading_disabled": False, "view_only": False, "is_disabled": False,
}  # fmt: skip
_GATE = {
    "name": "BTC_USDT_20251226", "underlying": "BTC_USDT", "cycle": "QUARTERLY", "type": "direct",
    "quanto_multiplier": "0.0001", "order_price_round": "0.1", "order_size_min": 1,
    "order_size_max": 1000000, "expire_time": 1766736000, "in_delisting": False,
    "mark_price_round": "0.1",
}  # fmt: skip
_HTX = {
    "symbol": "BTC", "contract_code": "BTC-USD", "contract_size": 100, "price_tick": 0.1,
    "contract_status": 1, "delivery_time": "", "create_date": "20200325",
}  # fmt: skip
DATED = {
    "symbol": "BTC", "contract_code": "BTC251226", "contract_type": "quarter",
    "contract_size": 100, "price_tick": 0.01, "delivery_date": "20251226", "contract_status": 1,
    "delivery_time": "1766736000000", "create_date": "20250613",
}  # fmt: skip
"""HTX's dated futures, which the feed does not speak."""
_KUCOIN = {
    "symbol": "XBTUSDM", "rootSymbol": "XBT", "type": "FFWCSX", "baseCurrency": "XBT",
    "quoteCurrency": "USD", "settleCurrency": "XBT", "lotSize": 1, "tickSize": 0.1,
    "multiplier": -1, "isInverse": True, "status": "Open", "nextFundingRateTime": 17031405,
    "fundingRateGranularity": 28800000, "maintainMargin": 0.007, "expireDate": None,
    "maxOrderQty": 10000000, "maxPrice": 1000000,
}  # fmt: skip
_KRAKEN = {
    "symbol": "PF_XBTUSD", "type": "flexible_futures", "tickSize": 1, "contractSize": 1,
    "tradeable": True, "contractValueTradePrecision": 4, "base": "BTC", "quote": "USD",
}  # fmt: skip

OTHERS: dict[str, Any] = {
    "contract_contract_info": {"status": "ok", "data": [DATED]},
    "product_type=FUTURE": {"products": []},
}
"""Answers to what ccxt asks besides."""
FORMS = (
    Form("binance", "binance", "binance.com/api/v3/exchangeInfo", {"symbols": [_BINANCE]},
         "spot BTCUSDT", ("BTC/USDT", "spot", "0.01000000", "0.00001000", "0.00001000",
                          "5.00000000", "1", "trading")),
    Form("binance", "binance", "dapi/v1/exchangeInfo", {"symbols": [_BINANCE_CM]},
         "cm BTCUSD_PERP", ("BTC/USD:BTC", "inverse", "0.1", "1", "1", None, "100", "trading")),
    Form("bybit", "bybit", "instruments-info?category=spot",
         {"retCode": 0, "result": {"category": "spot", "list": [_BYBIT]}},
         "spot BTCUSDT", ("BTC/USDT", "spot", "0.01", "0.000001", "0.000048", "1", "1",
                          "trading")),
    Form("okx", "okx", "instType=FUTURES", {"code": "0", "data": [_OKX]}, "v5 BTC-USD-251226",
         ("BTC/USD:BTC-251226", "inverse", "0.1", "1", "1", None, "100", "trading")),
    Form("bitget", "bitget", "mix/market/contracts?productType=USDT-FUTURES",
         {"code": "00000", "data": [_BITGET]}, "v2 BTCUSDT_UMCBL",
         ("BTC/USDT:USDT", "linear", "0.5", "0.001", "0.001", "5", "1", "trading")),
    Form("coinbase", "coinbase", "brokerage/market/products", {"products": [_COINBASE]},
         "advanced BTC-USD", ("BTC/USD", "spot", "0.01", "0.00000001", "0.00000001", "1", "1",
                              "trading")),
    Form("gate", "gate", "delivery/usdt/contracts", [_GATE], "delivery BTC_USDT_20251226",
         ("BTC/USDT:USDT-251226", "linear", "0.1", "1", "1", None, "0.0001", "trading")),
    Form("htx", "htx", "/swap-api/v1/swap_contract_info", {"status": "ok", "data": [_HTX]},
         "inverse BTC-USD", ("BTC/USD:BTC", "inverse", "0.1", "1", "1", "100", "100", "trading")),
    Form("kucoin", "kucoin", "v1/contracts/active", {"code": "200000", "data": [_KUCOIN]},
         "futures XBTUSDM", ("BTC/USD:BTC", "inverse", "0.1", "1", "1", None, "1", "trading")),
    Form("kraken", "krakenfutures", "derivatives/api/v3/instruments",
         {"result": "success", "instruments": [_KRAKEN]}, "futures PF_XBTUSD",
         ("BTC/USD:USD", "linear", "1", "0.0001", "0.0001", None, "1", "trading")),
)  # fmt: skip
