"""All feeds, and who hears them. Used by one thread only; knows no sockets and no broker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.live.channels import CHANNELS
from gateway.live.feed import Feed
from gateway.live.orders import Body
from gateway.live.outbox import Outbox

Place = tuple[str, str]
"""A channel's name and a key."""


@dataclass(frozen=True, slots=True)
class Item:
    """The news of one object: where it belongs, its slot there, and what is told."""

    channel: str
    key: str
    slot: str
    body: Body


@dataclass
class Hub:
    """epoch: of this process' numbers; kept: deltas of a feed that can be resumed from."""

    epoch: str
    kept: int = 1000
    feeds: dict[Place, Feed] = field(default_factory=dict)
    hearers: dict[Place, dict[Outbox, None]] = field(default_factory=dict)

    def take(self, items: Iterable[Item]) -> None:
        """Let news in: each is encoded once, for all who hear it."""
        for item in items:
            place = (item.channel, item.key)
            frame = self.feed(place).take(item.slot, item.body)
            if hearers := self.hearers.get(place):
                slot = (*place, item.slot) if CHANNELS[item.channel].states else None
                for outbox in hearers:
                    outbox.put(frame, slot)

    def feed(self, place: Place) -> Feed:
        """The feed of a channel and key, empty where nothing has come yet."""
        found = self.feeds.get(place)
        if found is None:
            found = Feed(CHANNELS[place[0]], place[1], self.epoch, self.kept)
            self.feeds[place] = found
        return found

    def subscribe(self, place: Place, outbox: Outbox, after: tuple[str, int] | None) -> None:
        """Tell what is now (or what came `after` an epoch's number), then all that comes."""
        feed = self.feeds.get(place) or Feed(CHANNELS[place[0]], place[1], self.epoch, self.kept)
        frames = [feed.snapshot()] if after is None else feed.resumed(*after)
        for frame in frames:
            outbox.put(frame)
        self.hearers.setdefault(place, {})[outbox] = None

    def unsubscribe(self, place: Place, outbox: Outbox) -> None:
        """Tell no more of it."""
        hearers = self.hearers.get(place)
        if hearers is not None:
            hearers.pop(outbox, None)
            if not hearers:
                del self.hearers[place]

    def keys(self, channel: str) -> list[str]:
        """The keys of a channel of which something has come, in order."""
        return sorted(key for name, key in self.feeds if name == channel)

    def items(self, channel: str, key: str) -> Mapping[str, Body]:
        """The objects of a channel and key by slot; none where nothing has come."""
        feed = self.feeds.get((channel, key))
        return feed.items if feed else {}
