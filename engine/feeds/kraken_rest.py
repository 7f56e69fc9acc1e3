"""Kraken's trades by REST to events, no IO: of spot.

Source: Kraken's "Get Recent Trades" (REST /0/public/Trades). Oldest first; ids are v2's trade_id:
  {"error":[],"result":{"XXBTZUSD":[["30243.40000","0.34507674",1688669597.8277369,"b","m","",
   61044952]],"last":"1688671969993150842"}}
                                   (price, volume, time, side, market or limit, misc; of 2013 no id)
The futures' GET /history names no `seq`, and gives as many trades as the socket does by itself with
each subscription.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from engine.feeds import fields
from engine.feeds.events import Event, Trade
from schemas.errors import Poison
from schemas.ticks import Side

SIDES: dict[str, Side] = {"b": "buy", "s": "sell"}


class _Answer(Struct, gc=False):
    error: list[str]
    result: dict[str, Any] = {}


_answer = msgspec.json.Decoder(_Answer, float_hook=str).decode


def trades(text: str) -> tuple[Event, ...]:
    """Those of an answer; raises Poison and what msgspec raises."""
    answer = _answer(text)
    if answer.error:
        raise Poison("; ".join(answer.error)[:200])
    rows = [rows for name, rows in answer.result.items() if name != "last"]
    if len(rows) != 1:
        raise Poison(f"trades of {len(rows)} pairs")
    return tuple([_trade(row[0], row[1], row[2], row[3], row[6:]) for row in rows[0]])


def _trade(price: str, volume: str, time: int | str, side: str, more: list[Any]) -> Trade:
    number = fields.whole(more[0]) if more else None
    numbers = None if number is None else (number, number)
    found, quantity = fields.price(price), fields.traded(volume)
    name = "" if number is None else str(number)
    return Trade(fields.seconds(time), found, quantity, SIDES[side], name, numbers)
