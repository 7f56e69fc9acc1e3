"""A parent order as JSON values and back; numbers beyond 64 bits are text."""

from __future__ import annotations

from typing import Any

from engine.algos.orders import ChildOrder, ParentOrder
from engine.numbers import LADDER_DECIMALS, PRICE_DECIMALS
from schemas.refusals import Reason

PLAIN = ("order_id", "side", "post_only", "began", "made", "ending", "reason")


def dump_parent(parent: ParentOrder) -> dict[str, Any]:
    """All of it."""
    return {
        **{name: getattr(parent, name) for name in PLAIN},
        "decimals": PRICE_DECIMALS,
        "quantity": str(parent.quantity),
        "limit": _wide(parent.limit),
        "filled": str(parent.filled),
        "children": [
            [each.order_id, str(each.quantity), _wide(each.limit), str(each.filled), each.leaving]
            for each in parent.children
        ],
        "amending": [list(each) for each in parent.amending],
    }


def load_parent(row: dict[str, Any]) -> ParentOrder:
    """The parent order that `dump_parent` gave; of one with prices in 10^-8, too."""
    finer = 10 ** (PRICE_DECIMALS - row.get("decimals", LADDER_DECIMALS))
    plain = {name: row[name] for name in PLAIN}
    children = tuple(
        ChildOrder(order_id, int(quantity), _price(limit, finer), int(filled), leaving)
        for order_id, quantity, limit, filled, leaving in row["children"]
    )
    return ParentOrder(
        **{**plain, "reason": None if row["reason"] is None else Reason(row["reason"])},
        quantity=int(row["quantity"]),
        limit=_price(row["limit"], finer),
        filled=int(row["filled"]),
        children=children,
        amending=tuple((command, child) for command, child in row["amending"]),
    )


def _wide(value: int | None) -> str | None:
    return None if value is None else str(value)


def _price(value: str | None, finer: int) -> int | None:
    return None if value is None else int(value) * finer
