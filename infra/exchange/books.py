"""What really happened, for judges: orders by client id, fills and positions, without a key.

/books/orders?key=K[&client=C][&house=H]    as well fills, positions, balances
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from infra.exchange.accounts import Account
from infra.exchange.conditional import Condition
from infra.exchange.house import House
from infra.exchange.listing import money
from infra.exchange.orders import Fill, Order


def order_row(order: Order) -> dict[str, Any]:
    """An order as the house has it."""
    market = order.market
    return {
        "order": order.number,
        "client": order.wish.client,
        "market": market.name,
        "side": "buy" if order.buys else "sell",
        "type": order.wish.type.value,
        "status": order.status.value,
        "price": market.price(order.price),
        "quantity": market.quantity(order.lots),
        "filled": market.quantity(order.filled),
        "created": order.created,
        "updated": order.updated,
        "conditional": False,
    }


def condition_row(condition: Condition) -> dict[str, Any]:
    """A conditional order as the house has it; became: the number of the order that it sent."""
    market, terms, leg, order = condition.market, condition.terms, condition.leg, condition.order
    return {
        "order": condition.number,
        "client": terms.client,
        "market": market.name,
        "side": "buy" if condition.buys else "sell",
        "type": leg.name,
        "status": condition.state.value,
        "price": market.price(leg.price),
        "quantity": market.quantity(terms.lots),
        "filled": market.quantity(order.filled if order else 0),
        "created": condition.created,
        "updated": condition.updated,
        "conditional": True,
        "trigger": market.price(leg.trigger),
        "became": order.number if order else None,
        "failure": condition.failure.text if condition.failure else None,
    }


def fill_row(fill: Fill) -> dict[str, Any]:
    """A fill as the house has it."""
    market = fill.order.market
    return {
        "trade": fill.trade,
        "order": fill.order.number,
        "client": fill.order.wish.client,
        "market": market.name,
        "side": "buy" if fill.order.buys else "sell",
        "price": market.price(fill.price),
        "quantity": market.quantity(fill.lots),
        "fee": money(fill.fee),
        "fee_asset": fill.charged,
        "realised": money(fill.realised),
        "maker": fill.maker,
        "at": fill.at,
    }


def orders(house: House, account: Account, client: str | None) -> list[dict[str, Any]]:
    """All orders in the order in which they came, then all conditional ones; of a client id, each
    that had it."""
    found = account.orders.values()
    rows = [order_row(each) for each in found if client in (None, each.wish.client)]
    waiting = house.conditions.of(account)
    return rows + [condition_row(each) for each in waiting if client in (None, each.terms.client)]


def fills(house: House, account: Account, client: str | None) -> list[dict[str, Any]]:
    """All fills, of a client id those of its orders."""
    return [fill_row(each) for each in account.fills if client in (None, each.order.wish.client)]


def positions(house: House, account: Account, client: str | None) -> list[dict[str, Any]]:
    """Positions that are not flat, from the engine."""
    found = []
    for market in house.listing.markets:
        row = house.row(account, market)
        if row.lots:
            told = {"market": market.name, "quantity": market.quantity(row.lots)}
            found.append({**told, "cost": money(row.cost), "unrealised": money(row.result)})
    return found


def balances(house: House, account: Account, client: str | None) -> list[dict[str, Any]]:
    """Money of each asset that the account has some of: free, and held by orders of spot."""
    found = []
    for asset in house.listing.assets:
        wallet = house.wallet(account, asset)
        if wallet.money or wallet.held:
            told = {"asset": asset, "money": money(wallet.money), "held": money(wallet.held)}
            found.append(told)
    return found


TABLE = {"orders": orders, "fills": fills, "positions": positions, "balances": balances}


def routes(houses: Sequence[House]) -> list[web.RouteDef]:
    """Addresses of the books of houses; of the first where none is named."""
    named = {house.name: house for house in houses}

    async def ask(request: web.Request) -> web.Response:
        house = named.get(request.query.get("house", houses[0].name))
        tell = TABLE.get(request.match_info["what"])
        account = house.keys.get(request.query.get("key", "")) if house else None
        if house is None or account is None or tell is None:
            raise web.HTTPNotFound(text="no such house, account or book\n")
        rows = tell(house, account, request.query.get("client"))
        return web.Response(body=orjson.dumps(rows), content_type="application/json")

    return [web.get("/books/{what}", ask)]
