"""Methods of the WebSocket API of USD-M futures."""

from __future__ import annotations

from infra.exchange.dialects.binance import (
    usdm_account,
    usdm_algos,
    usdm_market,
    usdm_orders,
    usdm_settings,
)
from infra.exchange.dialects.binance.section import Endpoint

METHODS: dict[str, Endpoint] = {
    "ping": usdm_market.TABLE["GET", "/fapi/v1/ping"],
    "time": usdm_market.TABLE["GET", "/fapi/v1/time"],
    "depth": usdm_market.TABLE["GET", "/fapi/v1/depth"],
    "ticker.book": usdm_market.TABLE["GET", "/fapi/v1/ticker/bookTicker"],
    "ticker.price": usdm_market.TABLE["GET", "/fapi/v1/ticker/price"],
    "order.place": usdm_orders.TABLE["POST", "/fapi/v1/order"],
    "order.modify": usdm_orders.TABLE["PUT", "/fapi/v1/order"],
    "order.cancel": usdm_orders.TABLE["DELETE", "/fapi/v1/order"],
    "order.status": usdm_orders.TABLE["GET", "/fapi/v1/order"],
    "algoOrder.place": usdm_algos.TABLE["POST", "/fapi/v1/algoOrder"],
    "algoOrder.cancel": usdm_algos.TABLE["DELETE", "/fapi/v1/algoOrder"],
    "account.position": usdm_account.TABLE["GET", "/fapi/v2/positionRisk"],
    "v2/account.position": usdm_account.TABLE["GET", "/fapi/v3/positionRisk"],
    "account.balance": usdm_account.TABLE["GET", "/fapi/v2/balance"],
    "v2/account.balance": usdm_account.TABLE["GET", "/fapi/v3/balance"],
    "account.status": usdm_account.TABLE["GET", "/fapi/v2/account"],
    "v2/account.status": usdm_account.TABLE["GET", "/fapi/v3/account"],
    "userDataStream.start": usdm_settings.TABLE["POST", "/fapi/v1/listenKey"],
    "userDataStream.ping": usdm_settings.TABLE["PUT", "/fapi/v1/listenKey"],
    "userDataStream.stop": usdm_settings.TABLE["DELETE", "/fapi/v1/listenKey"],
}
