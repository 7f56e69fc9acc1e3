"""The channels, as data: what each tells, who may hear it, whether it may be conflated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.auth.rights import Right
from gateway.live.orders import BLANK, LIVE, Body

Merge = Callable[[Body | None, Body], Body]
"""What is kept of an object: of what was there and what has come."""

Stays = Callable[[Body], bool]
"""Whether an object is kept however old it is."""


def replaced(before: Body | None, new: Body) -> Body:
    """Only what has come."""
    return new


@dataclass(frozen=True)
class Channel:
    """key: what a subscriber names: a market "venue:symbol", a symbol, an account, or "*".

    states: each delta tells the whole of an object, so that a slow reader may get only the latest
    of each. whole: a delta is what is kept of the object after it, not only what has come.
    kept: objects that a snapshot has, the oldest leave first but for those that stay.
    open: who reads the API may subscribe to it; others are there for lists alone.
    """

    name: str
    key: str
    kept: int
    states: bool = True
    merge: Merge = replaced
    stays: Stays | None = None
    whole: bool = False
    right: Right = Right.READ
    open: bool = True

    @property
    def owned(self) -> bool:
        """Its keys are accounts: it is heard by those whose account it is."""
        return self.key == "account"


TAPE = 50
"""Trades that the snapshot of a market has."""


def ticked(before: Body | None, new: Body) -> Body:
    """The latest of a market, with the last trades and the last funding that were told."""
    if before is None:
        return new
    trades = [*before["trades"], *new["trades"]][-TAPE:]
    kept = {name: new[name] or before[name] for name in ("funding", "last")}
    return {**new, **kept, "trades": trades}


def added(before: Body | None, new: Body) -> Body:
    """What is not told again stays."""
    if before is None:
        return new
    return {**before, **{name: value for name, value in new.items() if value is not None}}


def answered(before: Body | None, new: Body) -> Body:
    """A command with all that the desk has answered, the latest of each setting."""
    rows = [*(before or {}).get("answers", ()), *new.get("answers", ())]
    latest = {row["setting"]: row for row in rows}
    return {**added(before, new), "answers": [*latest.values()]}


def lived(before: Body | None, new: Body) -> Body:
    """An order with what became of it, in whatever order the two are read."""
    told = added(before or BLANK, new)
    state = told["became"] or told["outcome"]
    return {**told, "state": state, "created": told["created"] or told["updated"]}


def lives(order: Body) -> bool:
    """Whether an order may still have an effect: refusals that come meanwhile must not hide it."""
    return order["state"] in LIVE and (order["action"] or "place") == "place"


CHANNELS: dict[str, Channel] = {
    each.name: each
    for each in (
        Channel("instruments", "market", 1),
        Channel("ticks", "market", 1, merge=ticked),
        Channel("bars", "market", 500, states=False),
        Channel("books", "symbol", 1),
        Channel("depth", "market", 1),
        Channel("signals", "market", 1),
        Channel("published", "market", 500, states=False),
        Channel("decisions", "market", 100),
        Channel("judgments", "market", 200, states=False, open=False),
        Channel("advice", "market", 50, states=False),
        Channel("orders", "account", 2000, states=False, merge=lived, stays=lives, whole=True),
        Channel("fills", "account", 1000, states=False),
        Channel("statuses", "account", 200, states=False),
        Channel("portfolio", "account", 1000),
        Channel("settings", "account", 1000),
        Channel("commands", "account", 500, states=False, merge=answered, whole=True),
        Channel("events", "*", 200, states=False),
    )
}
