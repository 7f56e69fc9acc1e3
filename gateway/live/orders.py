"""An order as people see it: what an account asked for, and what became of it."""

from __future__ import annotations

from typing import Any

from engine.lifecycle import LIVING
from gateway.live.spoken import moment

Body = dict[str, Any]

ASKED = (
    "intent", "side", "type", "time_in_force", "quantity", "price", "trigger", "stop", "target",
    "trailing", "activation", "lasts", "reduce_only", "post_only", "parent", "role", "orders",
)  # fmt: skip
"""Of an order's command."""


def ordered(record: dict[str, Any]) -> Body:
    """From an account's record: its `id` is the client order id, or of what sent none the record's.

    outcome: what the account's gate said: approved, awaiting or refused.
    """
    command = record["command"] or {}
    return {
        "id": command.get("client_order_id") or record["id"],
        **{name: record[name] for name in ("account", "venue", "symbol", "strategy", "origin")},
        "request": record["request"],
        "action": command.get("action"),
        "outcome": record["outcome"],
        "reason": record["reason"],
        "checks": record["checks"],
        "assessment": record["assessment"],
        **{name: command.get(name) for name in ASKED},
        "expires": moment(command.get("expires")),
        "created": moment(record["seen_time"]),
        "updated": moment(record["seen_time"]),
    }


def became(told: dict[str, Any]) -> Body:
    """From a status of an order, as it is spoken. rests: the price that it rests at.

    An order that nobody asked for by a record of its own (a stop, a part of another) begins here.
    """
    rests = told["type"] == "status"
    return {
        "id": told["client_order_id"],
        **{name: told[name] for name in ("account", "venue", "symbol", "filled")},
        "became": told["state"],
        "strategy": told["strategy"] or None,
        "side": told["side"],
        "parent": told["parent"],
        "role": told["role"],
        "reason": told["reason"],
        "rests": told["price"] if rests else None,
        "quantity": told["quantity"] if rests else None,
        "updated": told["seen_time"],
    }


def filled(told: dict[str, Any]) -> Body:
    """A fill, from its status as it is spoken."""
    return {
        "id": told["id"],
        "order": told["client_order_id"],
        **{name: told[name] for name in FILLED},
    }


FILLED = (
    "account", "venue", "symbol", "strategy", "side", "price", "quantity", "fee", "fee_currency",
    "liquidity", "trade", "parent", "role", "event_time", "seen_time",
)  # fmt: skip

BLANK: Body = dict.fromkeys(
    (
        "id", "account", "venue", "symbol", "strategy", "origin", "request", "action", "state",
        "outcome", "became", "reason", "checks", "assessment", *ASKED, "rests", "filled", "expires",
        "created", "updated",
    )
)  # fmt: skip
"""An order of which nothing is known yet."""

LIVE = frozenset(("approved", "awaiting", *LIVING))
"""States in which an order may still have an effect: let go of, waiting for a person, or living."""
