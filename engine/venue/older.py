"""A market's state as older versions dumped it, with prices in units of 10^-8."""

from __future__ import annotations

from typing import Any

from engine.numbers import LADDER_DECIMALS, PRICE_DECIMALS

PRICES = ("limit", "trigger", "stop", "target", "last", "peak")


def refined(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its prices, and those of its orders and commands, in today's units."""
    if row.get("decimals", LADDER_DECIMALS) == PRICE_DECIMALS:
        return row
    taken = [[side, finer(price), quantity] for side, price, quantity in row.get("taken", ())]
    pending, resting = ([*map(_refined, row.get(name, ()))] for name in ("pending", "resting"))
    return {**_refined(row), "taken": taken, "pending": pending, "resting": resting}


def finer(price: str | None) -> str | None:
    """A price in units of 10^-8 in today's."""
    return price and str(int(price) * 10 ** (PRICE_DECIMALS - LADDER_DECIMALS))


def _refined(row: Any) -> Any:
    """Of a market, an order or a command; one under way may be no more than its id."""
    if isinstance(row, str):
        return row
    new = row | {name: finer(row[name]) for name in PRICES if name in row}
    if row.get("follows"):
        distance, share, activation, lasts = row["follows"]
        new["follows"] = [finer(distance), share, finer(activation), lasts]
    return new
