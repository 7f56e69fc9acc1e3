"""One channel and key: what is now, what has changed, under numbers that count up by one."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from gateway.live.channels import Channel
from gateway.live.orders import Body
from gateway.live.ring import Ring
from gateway.live.wire import framed

STATES = 100
"""Deltas kept of a channel of states: its snapshot is as good."""

BRIMFUL = 2
"""Times as many objects as are kept, with those that stay: no more than that."""


class Feed:
    """The objects of a channel and key by slot, oldest first, and the ring of their deltas. What it
    gives are frames of a WebSocket, encoded once for all readers.

    epoch: names the process whose numbers they are: another one counts anew.
    """

    def __init__(self, channel: Channel, key: str, epoch: str, kept: int) -> None:
        self.channel, self.key, self.epoch = channel, key, epoch
        self.items: dict[str, Body] = {}
        self.ring = Ring(min(kept, STATES) if channel.states else kept)
        self._head = b'"channel":%b,"key":%b' % (_text(channel.name), _text(key))

    def take(self, slot: str, body: Body) -> bytes:
        """Let the news of an object in; gives the delta's frame, whose number is `ring.last`."""
        known = self.channel.merge(self.items.pop(slot, None), body)
        self.items[slot] = known
        if len(self.items) > self.channel.kept:
            self._forget()
        told = (self._head, self.ring.last + 1, _text(known if self.channel.whole else body))
        frame = framed(b'{"type":"delta",%b,"sequence":%d,"item":%b}' % told)
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

    def snapshot(self, why: str = "asked") -> bytes:
        """All that is now. why: "asked", or what was to be resumed from is "gone"."""
        told = (*self._place(self.ring.last), _text(why), _text(list(self.items.values())))
        return framed(b'{"type":"snapshot",%b,"epoch":%b,"sequence":%d,"why":%b,"items":%b}' % told)

    def resumed(self, epoch: str, number: int) -> Iterator[bytes]:
        """What a reader needs that has had `number` of `epoch`: the deltas since, else a snapshot
        that says so.
        """
        missed = self.ring.since(number) if epoch == self.epoch else None
        if missed is None:
            yield self.snapshot("gone")
            return
        yield framed(b'{"type":"resumed",%b,"epoch":%b,"sequence":%d}' % self._place(number))
        for _, frame in missed:
            yield frame

    def _place(self, number: int) -> tuple[bytes, bytes, int]:
        return self._head, _text(self.epoch), number


def _text(value: object) -> bytes:
    return orjson.dumps(value, default=str)
