"""Several cancels in one request, and the venue's answer for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ccxt

from executor.venues import errors
from executor.venues.flight import Flight
from executor.venues.key import Key
from executor.venues.venue import Category, VenueError, VenueOrder

DONE = ("0", "200", "None", "")


async def together(client: Any, orders: Sequence[VenueOrder]) -> dict[str, dict[str, Any]]:
    """Cancel orders of one symbol. ccxt's reading of the answers by order number; it leaves out
    some that are errors. Raises ccxt's errors.
    """
    numbers = [each.number for each in orders]
    found = await client.cancel_orders(numbers, orders[0].symbol)
    return {str(each["id"]): each for each in found if each.get("id")}


def verdict(client: Any, name: str, key: Key, raw: dict[str, Any]) -> VenueError | None:
    """Why one of them was not cancelled; None if it was. name: ccxt's class."""
    told = raw.get("info")
    info = told if isinstance(told, dict) else {}
    code = str(info.get("sCode", info.get("code", "")))
    if code in DONE:
        return None
    text = f'{{"code": "{code}", "msg": "{info.get("sMsg") or info.get("msg")}"}}'
    flight = Flight(sending=True, written=True, status=200)
    try:
        client.throw_exactly_matched_exception(client.exceptions["exact"], code, text)
    except ccxt.BaseError as error:
        return errors.of(error, flight, name, key)
    return errors.of(ccxt.ExchangeError(text), flight, name, key)


def lost(error: VenueError) -> bool:
    """Whether a request of several must not be followed by one for each."""
    return error.unknown or error.category in (Category.RATE_LIMIT, Category.NETWORK)
