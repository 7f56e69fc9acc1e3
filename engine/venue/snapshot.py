"""A market's state as JSON values and back; numbers beyond 64 bits are text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.book import Book, BookSide
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of, units
from engine.venue.commands import LINEAR, Cancel, Command, Follows, Modify, Order, Protect
from engine.venue.market import Announced, Live, Market
from engine.venue.older import refined
from engine.venue.queues import Place
from schemas.orders import Contract, OrderType, TimeInForce
from schemas.ticks import BookState

WIDE = ("quantity", "limit", "trigger", "stop", "target")
PLAIN = ("order_id", "due", "side", "reduce_only", "post_only", "strategy", "parent", "role")


def dump_market(market: Market[Book]) -> dict[str, Any]:
    """Everything."""
    announced = market.announced
    return {
        "decimals": PRICE_DECIMALS,
        "depth": market.depth.dump(),
        "book": market.book.value,
        "followed": market.followed,
        "built": market.built,
        "position": _text(market.position),
        "pending": [_dump_command(command) for command in market.pending],
        "resting": [_dump_live(live) for live in market.resting.values()],
        "last": _wide(market.last),
        "protection": dict(market.protection),
        "protected": market.protected,
        "contract": market.contract.model_dump(mode="json"),
        "strategy": market.strategy,
        "announced": announced and [announced.mark, announced.rate, announced.due],
        "funded": market.funded,
        "taken": [
            [side, str(price), str(quantity)]
            for side, levels in sorted(market.taken.items())
            for price, quantity in sorted(levels.items())
        ],
        "follows": _dump_follows(market.follows),
        "peak": _wide(market.peak),
        "moved": market.moved,
        "until": market.until,
    }


def load_market(row: dict[str, Any], pending: Callable[[str], Command]) -> Market[Book]:
    """The market that `dump_market` gave; of one that knew no resting orders,
    or held prices in 10^-8, too.

    pending: gives a command by its id, where an older version kept no more of one under way.
    """
    row = refined(row)
    lives = [_load_live(each) for each in row.get("resting", ())]
    announced = row.get("announced")
    return Market(
        depth=Book.load(row["depth"]),
        book=BookState(row["book"]),
        followed=row["followed"],
        built=row.get("built", True),
        position=_units(row["position"]),
        pending=[
            pending(each) if isinstance(each, str) else _load_command(each)
            for each in row["pending"]
        ],
        resting={live.order.order_id: live for live in lives},
        last=_narrow(row.get("last")),
        protection=dict(row.get("protection", {})),
        protected=row.get("protected", 0),
        contract=Contract.model_validate(row["contract"]) if "contract" in row else LINEAR,
        strategy=row.get("strategy", ""),
        announced=Announced(*announced) if announced else None,
        funded=row.get("funded", -1),
        taken=_load_taken(row.get("taken", ())),
        follows=_load_follows(row.get("follows")),
        peak=_narrow(row.get("peak")),
        moved=row.get("moved", -1),
        until=row.get("until"),
    )


def _load_taken(rows: Iterable[tuple[BookSide, str, str]]) -> dict[BookSide, dict[int, int]]:
    taken: dict[BookSide, dict[int, int]] = {}
    for side, price, quantity in rows:
        taken.setdefault(side, {})[int(price)] = int(quantity)
    return taken


def _dump_command(command: Command) -> dict[str, Any]:
    match command:
        case Order():
            return {"kind": "order", **_dump_order(command)}
        case Modify():
            prices = {name: _wide(getattr(command, name)) for name in WIDE[:3]}
            return {"kind": "modify", **_dump_plain(command), **prices}
        case Cancel():
            return {"kind": "cancel", **_dump_plain(command)}
        case Protect():
            return {
                "kind": "protect",
                **{name: getattr(command, name) for name in ("order_id", "due", "strategy")},
                **{name: _wide(getattr(command, name)) for name in WIDE[3:]},
                "contract": command.contract.model_dump(mode="json"),
                "follows": _dump_follows(command.follows),
            }


def _dump_plain(command: Modify | Cancel) -> dict[str, Any]:
    return {
        "order_id": command.order_id,
        "due": command.due,
        "orders": list(command.orders),
    }


def _load_command(row: dict[str, Any]) -> Command:
    name, due, orders = row["order_id"], row["due"], tuple(row.get("orders", ()))
    wide = {each: _narrow(row[each]) for each in WIDE if each in row}
    match row["kind"]:
        case "modify":
            return Modify(name, due, orders, wide["quantity"], wide["limit"], wide["trigger"])
        case "cancel":
            return Cancel(name, due, orders)
        case "protect":
            contract = Contract.model_validate(row["contract"])
            terms = contract, row["strategy"], _load_follows(row.get("follows"))
            return Protect(name, due, wide["stop"], wide["target"], *terms)
        case _:
            return _load_order(row)


def _dump_order(order: Order) -> dict[str, Any]:
    return {
        **{name: getattr(order, name) for name in PLAIN},
        **{name: _wide(getattr(order, name)) for name in WIDE},
        "type": order.type.value,
        "time_in_force": order.time_in_force.value,
        "contract": order.contract.model_dump(mode="json"),
        "later": order.later,
        "follows": _dump_follows(order.follows),
    }


def _load_order(row: dict[str, Any]) -> Order:
    fields: dict[str, Any] = {
        **{name: row[name] for name in PLAIN},
        **{name: _narrow(row[name]) for name in WIDE},
        "type": OrderType(row["type"]),
        "time_in_force": TimeInForce(row["time_in_force"]),
        "contract": Contract.model_validate(row["contract"]),
        "later": row.get("later", False),
        "follows": _load_follows(row.get("follows")),
    }
    return Order(**fields)


def _dump_follows(follows: Follows | None) -> list[Any] | None:
    if follows is None:
        return None
    return [str(follows.distance), follows.share, _wide(follows.activation), follows.lasts]


def _load_follows(row: list[Any] | None) -> Follows | None:
    if row is None:
        return None
    distance, share, activation, lasts = row
    return Follows(int(distance), share, _narrow(activation), lasts)


def _dump_live(live: Live) -> dict[str, Any]:
    return {
        **_dump_order(live.order),
        "phase": live.phase,
        "filled": str(live.filled),
        "ahead": _wide(live.place.ahead),
        "shown": str(live.place.shown),
        "traded": str(live.place.traded),
        "inside": live.inside,
        "met": live.met,
    }


def _load_live(row: dict[str, Any]) -> Live:
    shown, traded = int(row.get("shown", "0")), int(row.get("traded", "0"))
    place = Place(_narrow(row["ahead"]), shown, traded)
    phase, filled = row["phase"], int(row["filled"])
    return Live(_load_order(row), phase, filled, place, row["inside"], row["met"])


def _wide(value: int | None) -> str | None:
    return None if value is None else str(value)


def _narrow(value: str | None) -> int | None:
    return None if value is None else int(value)


def _text(quantity: int) -> str:
    return text_of(quantity, QUANTITY_DECIMALS)


def _units(quantity: str) -> int:
    size = units(quantity.removeprefix("-"), QUANTITY_DECIMALS)
    return -size if quantity.startswith("-") else size
