"""What a venue can do in one market, as ccxt's `has` and `features` tell."""

from __future__ import annotations

from typing import Any

from executor.venues.catalogue import WINDOW, Row
from executor.venues.venue import Abilities
from schemas.orders import OrderType, TimeInForce

KINDS = {"spot": ("spot",), "perpetual": ("swap", "linear"), "future": ("future", "linear")}
TRIGGERS = ("triggerPrice", "stopLossPrice")


def features(row: Row, client: Any) -> dict[str, Any]:
    """ccxt's features of orders in the row's market; nothing where it tells none."""
    found: Any = client.features or {}
    for name in KINDS[row.market]:
        found = (found or {}).get(name)
    return (found or {}).get("createOrder") or {}


def abilities(row: Row, client: Any) -> Abilities:
    """A venue of which ccxt tells nothing has market and limit orders, and no more."""
    told = features(row, client)
    forces = told.get("timeInForce") or {}
    types = {OrderType.MARKET, OrderType.LIMIT}
    if any(told.get(name) for name in TRIGGERS):
        types |= {OrderType.STOP, OrderType.STOP_LIMIT}
    return Abilities(
        types=frozenset(types),
        time_in_force=frozenset(
            each
            for each in TimeInForce
            if each is TimeInForce.GTC or forces.get(each.value.upper())
        ),
        post_only=bool(forces.get("PO")),
        reduce_only=row.market != "spot",
        amend=row.amend and not row.renames,
        amend_waiting=row.amend and row.amends_triggers,
        batch_cancel=row.most > 0,
        by_name=bool(row.looks),
        window=WINDOW * 1_000_000 if row.window else None,
        visible=row.visible,
    )
