"""Asking for an order by our name: where a venue is to be asked, one question after the other."""

from __future__ import annotations

from typing import Any

from executor.venues.catalogue import Look

Raw = dict[str, Any]


async def ask(client: Any, symbol: str, look: Look, text: str) -> Raw | None:
    """The latest order whose client order id is `text`. None, or ccxt's OrderNotFound: none there.

    Raises ccxt's errors.
    """
    params = {**({look.by: text} if look.by else {}), **look.more}
    if look.method == "fetch_order":
        found: Raw = await client.fetch_order(None, symbol, params)
        return found
    rows = await getattr(client, look.method)(symbol, None, None, params)
    named = [each for each in rows if str(each.get("clientOrderId")) == text]
    return max(named, key=lambda each: int(each.get("timestamp") or 0), default=None)
