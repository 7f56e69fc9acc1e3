"""The records of a broker, each partition of a topic read once for all its keys in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from gateway.proof.published import Keyed, Published, once, pairs
from topics import BY_NAME
from topics.partition import partition_of
from topics.reading import read_partition
from topics.settings import Settings


class Lane:
    """A partition that is read as far as somebody asks; what others will ask for waits."""

    def __init__(self, records: Iterator[Keyed]) -> None:
        self._records = records
        self._waiting: dict[str, deque[tuple[int, bytes]]] = {}
        self._met: set[str] = set()
        self.asked: set[str] = set()

    def of(self, key: str) -> Iterator[tuple[int, bytes]]:
        """The key's records; to be asked for once."""
        self.asked.add(key)
        mine = self._waiting.setdefault(key, deque())
        while True:
            while mine:
                yield mine.popleft()
            for found, seq, value in self._records:
                self._met.add(found)
                if found == key:
                    yield seq, value
                    break
                self._waiting.setdefault(found, deque()).append((seq, value))
            else:
                return

    def keys(self) -> set[str]:
        """All keys that it has records of; reads to the end, and what was not asked for waits."""
        for found, seq, value in self._records:
            self._met.add(found)
            self._waiting.setdefault(found, deque()).append((seq, value))
        return self._met


class Sweep(Published):
    """Records on the topics of a broker, for whoever asks for many keys side by side.

    Cost: each partition is read once; what waits is what lies between the keys' places.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._lanes: dict[tuple[str, int], list[Lane]] = {}

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of`."""
        place = topic, partition_of(topic, key)
        lanes = self._lanes.setdefault(place, [])
        lane = next((each for each in lanes if key not in each.asked), None)
        if lane is None:
            lane = Lane(once(pairs(read_partition(self._settings, *place))))
            lanes.append(lane)
        return lane.of(key)

    def keys(self, topic: str) -> set[str]:
        """As `Source.keys`; only partitions that nobody has asked for are read for it."""
        return {
            key for number in range(BY_NAME[topic].partitions) for key in self._keys(topic, number)
        }

    def _keys(self, topic: str, number: int) -> set[str]:
        if lanes := self._lanes.get((topic, number)):
            return lanes[0].keys()
        records = once(pairs(read_partition(self._settings, topic, number)))
        return {key for key, _, _ in records}
