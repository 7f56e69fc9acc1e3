"""Records of an archive: what a past run is proved from when Kafka's retention has taken it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from gateway.proof.published import Keyed, Pair, once
from gateway.proof.sweep import Lane
from topics.archive.layout import one_an_order
from topics.archive.reading import Archive


class Archived:
    """As `Source`. Cost: a key's files are read when it is asked for; those of a topic that has one
    key an order once for all of them.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._lanes: dict[str, list[Lane]] = {}

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of`."""
        if not one_an_order(topic):
            return _values(self._archive.pairs(topic, key.encode()))
        lanes = self._lanes.setdefault(topic, [])
        lane = next((each for each in lanes if key not in each.asked), None)
        if lane is None:
            lane = Lane(once(self._archive.all_pairs(topic)))
            lanes.append(lane)
        return lane.of(key)

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_account`."""
        start = f"{account}:".encode()
        return _values(self._archive.all_pairs(topic, lambda key: key.startswith(start)))

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_all`."""
        return _values(self._archive.all_pairs(topic))

    def keyed(self, topic: str) -> Iterator[Keyed]:
        """As `Source.keyed`; key by key where each has files of its own."""
        if one_an_order(topic):
            return once(self._archive.all_pairs(topic))
        keys = self._archive.keys(topic)
        return once(chain.from_iterable(self._archive.pairs(topic, key) for key in keys))

    def keys(self, topic: str) -> set[str]:
        """As `Source.keys`."""
        if one_an_order(topic):
            return {key for key, _, _ in self.keyed(topic)}
        return {key.decode(errors="backslashreplace") for key in self._archive.keys(topic)}


def _values(pairs: Iterator[Pair]) -> Iterator[tuple[int, bytes]]:
    return ((seq, value) for _, seq, value in once(pairs))
