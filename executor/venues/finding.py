"""Asking for an order by our name: where a venue is to be asked, one question after the other."""

from __future__ import annotations

from typing import Any

from executor.venues.catalogue import Look

Raw = dict[str, Any]


async def ask(client: Any, symbol: str, look: Look, text: str) -> Raw | None:
    """The latest order whose client order id is `text`. None, or ccxt's OrderNotFound: none there.

    Raises ccxt's errors.
    """
    params = {look.by: text, **look.more}
    if look.kind == "order":
        found: Raw = await client.fetch_order(None, symbol, params)
        return found
    lists = {"open": "fetch_open_orders", "closed": "fetch_canceled_and_closed_orders"}
    rows = await getattr(client, lists[look.kind])(symbol, None, None, params)
    named = [each for each in rows if each.get("clientOrderId") == text]
    return max(named, key=lambda each: int(each.get("timestamp") or 0), default=None)
