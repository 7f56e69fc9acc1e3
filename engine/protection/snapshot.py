"""The state as JSON values and back; numbers are text."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

from engine.protection.events import Trailing, VenueHas
from engine.protection.state import Change, Close, Half, State
from schemas.orders import OrderType

PLAIN = (
    "account",
    "symbol",
    "now",
    "filled",
    "source",
    "until",
    "priced",
    "stale",
    "moved",
)
NUMBERS = ("held", "stop", "target", "activation", "best", "price")


def dump(state: State) -> dict[str, Any]:
    """Everything."""
    return {
        **{name: getattr(state, name) for name in PLAIN},
        **{name: _text(getattr(state, name)) for name in NUMBERS},
        "able": _able(state.able),
        "legs": list(map(list, state.legs.items())),
        "orders": list(state.orders),
        "trailing": state.trailing and state.trailing.text(),
        "halves": [_row(half) for half in state.halves.values()],
        "leaving": [_row(half) for half in state.leaving.values()],
        "closing": state.closing and _row(state.closing),
        "closes": [_row(close) for close in state.closes.values()],
        "due": [[str(size), by] for size, by in state.due],
        "told": [[at, str(more)] for at, more in state.told],
        "tries": dict(state.tries),
        "watching": sorted(state.watching),
    }


def load(row: dict[str, Any]) -> State:
    """What `dump` gave; what an older one did not have is as at the beginning."""
    state = State(row["account"], row["symbol"])
    for name in PLAIN:
        setattr(state, name, row.get(name, getattr(state, name)))
    for name in NUMBERS:
        setattr(state, name, _number(row[name]) if name in row else getattr(state, name))
    if "able" in row:
        state.able = _load_able(row["able"])
    state.legs = {source: legs for source, legs in row.get("legs", ())}
    state.orders = list(row.get("orders", ()))
    trailing = row.get("trailing")
    state.trailing = None if trailing is None else Trailing.of(trailing)
    halves = [_half(each) for each in row.get("halves", ())]
    state.halves = {half.role: half for half in halves}
    state.leaving = {each["name"]: _half(each) for each in row.get("leaving", ())}
    state.closes = {each["name"]: _close(each) for each in row.get("closes", ())}
    state.closing = _close(row["closing"]) if row.get("closing") else None
    state.due = [(Decimal(size), by) for size, by in row.get("due", ())]
    state.told = [(at, Decimal(more)) for at, more in row.get("told", ())]
    state.tries = dict(row.get("tries", {}))
    state.watching = set(row.get("watching", ()))
    return state


def _row(order: Half | Close) -> dict[str, Any]:
    """The fields of an order, with those of a change on its way as a list."""
    row = {each.name: getattr(order, each.name) for each in fields(order)}
    change = row.get("change")
    if change is not None:
        row["change"] = [change.name, str(change.quantity), str(change.price)]
    return {name: str(each) if isinstance(each, Decimal) else each for name, each in row.items()}


def _half(row: dict[str, Any]) -> Half:
    known = {each.name for each in fields(Half)}
    given = {name: value for name, value in row.items() if name in known}
    for name in ("quantity", "price", "filled"):
        given[name] = Decimal(given[name])
    if given.get("change"):
        name, quantity, price = given["change"]
        given["change"] = Change(name, Decimal(quantity), Decimal(price))
    return Half(**given)


def _close(row: dict[str, Any]) -> Close:
    quantity, filled = Decimal(row["quantity"]), Decimal(row["filled"])
    ended = row.get("ended", 0)
    return Close(row["why"], row["again"], row["name"], row["side"], quantity, filled, ended)


def _able(able: VenueHas) -> dict[str, Any]:
    types = sorted(each.value for each in able.types)
    steps = {"lot": str(able.lot), "tick": str(able.tick)}
    return {"types": types, "reduce_only": able.reduce_only, "at": able.at, **steps}


def _load_able(row: dict[str, Any]) -> VenueHas:
    types = frozenset(OrderType(each) for each in row["types"])
    lot, tick = Decimal(row["lot"]), Decimal(row["tick"])
    return VenueHas(types, row["reduce_only"], row["at"], lot, tick)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
