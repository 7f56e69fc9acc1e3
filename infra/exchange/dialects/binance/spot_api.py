"""Methods of the WebSocket API of spot: endpoints of REST by other names.

https://developers.binance.com/docs/binance-spot-api-docs/websocket-api
"""

from __future__ import annotations

from infra.exchange.dialects.binance import spot_account, spot_market, spot_orders, spot_replace
from infra.exchange.dialects.binance.section import Endpoint

REST = spot_market.TABLE | spot_account.TABLE | spot_orders.TABLE | spot_replace.TABLE
NAMES = {
    "ping": "GET ping",
    "time": "GET time",
    "exchangeInfo": "GET exchangeInfo",
    "depth": "GET depth",
    "trades.recent": "GET trades",
    "trades.historical": "GET historicalTrades",
    "trades.aggregate": "GET aggTrades",
    "klines": "GET klines",
    "uiKlines": "GET uiKlines",
    "avgPrice": "GET avgPrice",
    "ticker": "GET ticker",
    "ticker.24hr": "GET ticker/24hr",
    "ticker.price": "GET ticker/price",
    "ticker.book": "GET ticker/bookTicker",
    "order.place": "POST order",
    "order.test": "POST order/test",
    "order.status": "GET order",
    "order.cancel": "DELETE order",
    "order.cancelReplace": "POST order/cancelReplace",
    "openOrders.status": "GET openOrders",
    "openOrders.cancelAll": "DELETE openOrders",
    "allOrders": "GET allOrders",
    "myTrades": "GET myTrades",
    "account.status": "GET account",
    "account.commission": "GET account/commission",
    "account.rateLimits.orders": "GET rateLimit/order",
}


def _endpoint(name: str) -> Endpoint:
    method, path = name.split()
    return REST[method, f"/api/v3/{path}"]


METHODS: dict[str, Endpoint] = {method: _endpoint(name) for method, name in NAMES.items()}
