"""The state of an account at the executor: markets, orders that live, ids of those that ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.algos.algorithm import Algorithm
from engine.algos.catalogue import algorithm
from engine.algos.orders import ParentOrder
from engine.algos.saving import dump_parent, load_parent
from engine.book import Book
from engine.dispatch import dispatched
from engine.values import value
from engine.venue.market import Market
from engine.venue.snapshot import dump_market, load_market
from engine.venue.volume import Volume
from schemas.codec import decode, encode
from schemas.statuses import JournalEntry, Status


@dataclass(slots=True)
class Living:
    """An order that is not done. told: how many of its entry's statuses have been published."""

    entry: JournalEntry
    told: int


@value(frozen=True, slots=True)
class Finished:
    """An order of which only the id matters: ns when its end was published, and its expiry."""

    at: int
    expires: int


@dataclass(slots=True)
class Styled:
    """An order that is worked in parts, in a market (venue:symbol). state: its algorithm's."""

    market: str
    algorithm: Algorithm[Any]
    parent: ParentOrder
    state: Any


@dataclass
class Execution:
    """State of an account.

    happened: what has to be published, in order: the id of an order whose next status it is, or a
    status that belongs to no order (its account is filled in when it is told).
    styled: orders that are worked in parts, by id; each is in `living`, and so are its parts.
    volume: what it has traded; its markets share it.
    """

    markets: dict[str, Market[Book]] = field(default_factory=dict)
    living: dict[str, Living] = field(default_factory=dict)
    finished: dict[str, Finished] = field(default_factory=dict)
    happened: list[str | Status] = field(default_factory=list)
    styled: dict[str, Styled] = field(default_factory=dict)
    volume: Volume = field(default_factory=Volume)

    def market(self, key: str) -> Market[Book]:
        """The market, with an empty book when it is new."""
        found = self.markets.get(key)
        if found is None:
            found = self.markets[key] = Market(Book(), volume=self.volume)
        return found

    def unread(self, key: str) -> frozenset[str]:
        """Fields of the market's next ticks record that nothing here looks at.

        Quotes pass by orders that rest. Without any, with none on its way and none that is worked
        in parts, they change nothing.
        """
        found = self.markets.get(key)
        calm = found is None or not (found.resting or found.pending or self.styled)
        return CALM if calm else NEVER


NEVER = frozenset(("bars", "notices"))
CALM = NEVER | {"quotes"}


def dump_execution(state: Execution) -> dict[str, Any]:
    """JSON values; orders as their journal entries, in order."""
    return {
        "markets": {key: dump_market(market) for key, market in state.markets.items()},
        "living": [[encode(each.entry).decode(), each.told] for each in state.living.values()],
        "finished": {key: [done.at, done.expires] for key, done in state.finished.items()},
        "happened": [_dump_happened(one) for one in state.happened],
        "styled": [
            [one.market, dump_parent(one.parent), one.algorithm.dump(one.state)]
            for one in state.styled.values()
        ],
        **({"volume": state.volume.dump()} if state.volume.days else {}),
    }


def load_execution(data: dict[str, Any]) -> Execution:
    """The state that `dump_execution` gave; an older one names each order that is `due` once."""
    entries = [(decode(JournalEntry, row.encode()), told) for row, told in data["living"]]
    living = {entry.command.client_order_id: Living(entry, told) for entry, told in entries}
    markets = {
        key: load_market(row, lambda order_id: dispatched(living[order_id].entry))
        for key, row in data["markets"].items()
    }
    finished = {key: Finished(*row) for key, row in data["finished"].items()}
    happened = [_load_happened(kind, text) for kind, text in data.get("happened", ())]
    for order_id in data.get("due", ()):
        waiting = living[order_id]
        happened += [order_id] * (len(waiting.entry.statuses) - waiting.told)
    styled = (_load_styled(living, *row) for row in data.get("styled", ()))
    named = {one.parent.order_id: one for one in styled}
    volume = Volume.load(data.get("volume", ()))
    for market in markets.values():
        market.volume = volume
    return Execution(markets, living, finished, happened, named, volume)


def _load_styled(
    living: dict[str, Living], market: str, parent: dict[str, Any], kept: Any
) -> Styled:
    order = load_parent(parent)
    style = living[order.order_id].entry.command.style
    assert style is not None
    works = algorithm(style)
    return Styled(market, works, order, works.load(kept))


def _dump_happened(one: str | Status) -> list[str]:
    return ["order", one] if isinstance(one, str) else ["status", encode(one).decode()]


def _load_happened(kind: str, text: str) -> str | Status:
    return text if kind == "order" else decode(Status, text.encode())
