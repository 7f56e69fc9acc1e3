"""One channel and key: what is now, what has changed, under numbers that count up by one."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from gateway.live.channels import Channel
from gateway.live.orders import Body
from gateway.live.ring import Ring

STATES = 100
"""Deltas kept of a channel of states: its snapshot is as good."""

BRIMFUL = 2
"""Times as many objects as are kept, with those that stay: no more than that."""


class Feed:
    """The objects of a channel and key by slot, oldest first, and the ring of their deltas.

    epoch: names the process whose numbers they are: another one counts anew.
    """

    def __init__(self, channel: Channel, key: str, epoch: str, kept: int) -> None:
        self.channel, self.key, self.epoch = channel, key, epoch
        self.items: dict[str, Body] = {}
        self.ring = Ring(min(kept, STATES) if channel.states else kept)
        self._head = f'"channel":{_text(channel.name)},"key":{_text(key)}'

    def take(self, slot: str, body: Body) -> str:
        """Let the news of an object in; gives the delta's frame, whose number is `ring.last`."""
        known = self.channel.merge(self.items.pop(slot, None), body)
        self.items[slot] = known
        if len(self.items) > self.channel.kept:
            self._forget()
        item = _text(known if self.channel.whole else body)
        number = self.ring.last + 1
        frame = f'{{"type":"delta",{self._head},"sequence":{number},"item":{item}}}'
        self.ring.put(frame)
        return frame

    def _forget(self) -> None:
        """Let the oldest go that need not stay; of too many that do, the oldest."""
        stays = self.channel.stays
        if len(self.items) > BRIMFUL * self.channel.kept:
            stays = None
        over = (slot for slot, item in self.items.items() if stays is None or not stays(item))
        if (slot := next(over, None)) is not None:
            del self.items[slot]

    def snapshot(self, why: str = "asked") -> str:
        """All that is now. why: "asked", or what was to be resumed from is "gone"."""
        items = _text(list(self.items.values()))
        return (
            f'{{"type":"snapshot",{self._head},"epoch":{_text(self.epoch)},'
            f'"sequence":{self.ring.last},"why":{_text(why)},"items":{items}}}'
        )

    def resumed(self, epoch: str, number: int) -> Iterator[str]:
        """What a reader needs that has had `number` of `epoch`: the deltas since, else a snapshot
        that says so.
        """
        missed = self.ring.since(number) if epoch == self.epoch else None
        if missed is None:
            yield self.snapshot("gone")
            return
        yield (f'{{"type":"resumed",{self._head},"epoch":{_text(self.epoch)},"sequence":{number}}}')
        for _, frame in missed:
            yield frame


def _text(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
