"""Ring, outbox, feed and hub: numbers without holes, readers that never hold another up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.live import outbox as outbox_module
from gateway.live.channels import CHANNELS
from gateway.live.feed import BRIMFUL
from gateway.live.hub import Hub, Item
from gateway.live.orders import BLANK
from gateway.live.outbox import Outbox
from gateway.live.ring import Ring
from tests.unit.gateway_desk import Pipe, payload


@given(st.integers(1, 6), st.integers(0, 20), st.integers(-2, 25))
def test_a_ring_gives_all_since_a_number_or_says_that_it_cannot(
    kept: int, count: int, number: int
) -> None:
    ring = Ring(kept)
    for each in range(1, count + 1):
        ring.put(b"%d" % each)
    known = 0 <= number <= count and count - number <= kept
    wanted = [(each, b"%d" % each) for each in range(number + 1, count + 1)] if known else None
    assert ring.since(number) == wanted


def drained(outbox: Outbox, line: Pipe) -> None:
    """Let the line flow until nothing waits."""
    line.flowing = True
    outbox.flow()
    line.flowing = False


class Reader:
    """Keeps what its frames tell, as a program would. most: frames that may wait."""

    def __init__(self, hub: Hub, place: tuple[str, str], most: int = 1000) -> None:
        self.hub, self.place = hub, place
        self.line = Pipe(self._take, flowing=False)
        self.outbox = Outbox(most, self.line, lambda: None)
        self._frames: list[bytes] = []
        self.items: dict[str, Any] = {}
        self.epoch, self.last, self.had = "", 0, 0

    def follow(self, again: bool = False) -> None:
        self.hub.subscribe(self.place, self.outbox, (self.epoch, self.last) if again else None)

    def leave(self) -> None:
        self.hub.unsubscribe(self.place, self.outbox)
        drained(self.outbox, self.line)
        self._frames.clear()

    def _take(self, frame: bytes) -> None:
        self._frames.append(frame)

    def read(self) -> None:
        drained(self.outbox, self.line)
        frames, self._frames = self._frames, []
        for frame in map(payload, frames):
            self.had += 1
            if frame["type"] == "snapshot":
                self.items = {each["id"]: each for each in frame["items"]}
                self.epoch = frame["epoch"]
            elif frame["type"] == "delta":
                whole = not CHANNELS[self.place[0]].states
                assert (
                    frame["sequence"] == self.last + 1 if whole else frame["sequence"] > self.last
                )
                self.items[frame["item"]["id"]] = frame["item"]
            self.last = frame["sequence"]


SIGNALS, STATUSES = ("decisions", "a:B"), ("statuses", "paper")


def item(place: tuple[str, str], id: int, value: int) -> Item:
    return Item(*place, str(id), {"id": str(id), "value": value})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("news"), st.integers(0, 3)),
        st.tuples(st.just("read"), st.just(0)),
        st.tuples(st.just("away"), st.just(0)),
        st.tuples(st.just("back"), st.just(0)),
    ),
    max_size=40,
)


@pytest.mark.parametrize("place", [SIGNALS, STATUSES])
@given(steps=STEPS, kept=st.integers(1, 8))
def test_a_reader_that_comes_and_goes_knows_what_one_knows_who_just_came(
    place: tuple[str, str], steps: list[tuple[str, int]], kept: int
) -> None:
    hub, there = Hub("e", kept), True
    reader = Reader(hub, place)
    reader.follow()
    for at, (what, id) in enumerate(steps):
        if what == "news":
            hub.take([item(place, id, at)])
        elif what == "read":
            reader.read()
        elif what == "away":
            reader.leave()
            there = False
        elif not there:
            reader.follow(again=True)
            there = True
    if not there:
        reader.follow(again=True)
    reader.read()
    fresh = Reader(hub, place)
    fresh.follow()
    fresh.read()
    assert reader.items == fresh.items
    assert reader.last == fresh.last


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(5, 9))
def test_a_slow_reader_of_states_gets_the_latest_of_each_and_is_not_closed(
    ids: list[int], most: int
) -> None:
    hub = Hub("e")
    slow, quick = Reader(hub, SIGNALS, most), Reader(hub, SIGNALS, most)
    slow.follow()
    quick.follow()
    quick.read()
    for at, id in enumerate(ids):
        hub.take([item(SIGNALS, id, at)])
        quick.read()
    assert quick.had == len(ids) + 1
    assert len(slow.outbox) == len(set(ids)) + 1
    slow.read()
    assert not slow.outbox.full
    assert slow.items == quick.items
    assert slow.outbox.conflated == len(ids) - len(set(ids))


@given(st.integers(0, 30), st.integers(1, 10))
def test_a_slow_reader_of_what_must_be_whole_is_closed_and_holds_nobody_up(
    count: int, most: int
) -> None:
    hub = Hub("e")
    slow, quick = Reader(hub, STATUSES, most), Reader(hub, STATUSES, most)
    slow.follow()
    quick.follow()
    quick.read()
    for at in range(count):
        hub.take([item(STATUSES, at, at)])
        quick.read()
    assert slow.outbox.full == (count + 1 > most)
    assert len(slow.outbox) <= most
    slow.read()  # what it has had until then has no hole: read() looks
    assert quick.last == count
    assert not quick.outbox.full


def test_what_waits_is_bounded_by_its_length_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "HEAVIEST", 10)
    sent: list[bytes] = []
    line = Pipe(sent.append, flowing=False)
    box = Outbox(100, line, lambda: None)
    box.put(b"a" * 50)
    assert not box.full
    drained(box, line)
    box.put(b"a" * 6, 1)
    box.put(b"b" * 6, 1)
    assert not box.full
    box.put(b"c" * 6)
    assert box.full
    drained(box, line)
    assert sent == [b"a" * 50, b"b" * 6]


def test_another_process_numbers_anew_and_its_reader_is_told() -> None:
    before, now = Hub("one"), Hub("two")
    for hub in (before, now):
        hub.take([item(STATUSES, 1, 1), item(STATUSES, 2, 2)])
    sent: list[bytes] = []
    box = Outbox(10, Pipe(sent.append), lambda: None)
    now.subscribe(STATUSES, box, ("one", 1))
    frame = payload(sent.pop())
    assert (frame["type"], frame["why"], frame["epoch"]) == ("snapshot", "gone", "two")
    now.subscribe(STATUSES, box, ("two", 1))
    assert [payload(each)["type"] for each in sent] == ["resumed", "delta"]


def test_strangers_keys_leave_nothing_behind() -> None:
    hub = Hub("e")
    box = Outbox(10, Pipe(lambda _: None), lambda: None)
    hub.subscribe(("ticks", "nowhere:X"), box, None)
    assert not hub.feeds
    hub.unsubscribe(("ticks", "nowhere:X"), box)
    assert not hub.hearers


@given(st.lists(st.one_of(st.just("put"), st.booleans()), max_size=40))
def test_a_frame_never_overtakes_one_that_waits(steps: list[str | bool]) -> None:
    sent: list[bytes] = []
    line = Pipe(sent.append)
    box, count = Outbox(100, line, lambda: None), 0
    for step in steps:
        if isinstance(step, bool):
            line.flowing = step  # what waits goes on a moment later
        else:
            count += 1
            box.put(b"%d" % count)
    drained(box, line)
    assert sent == [b"%d" % at for at in range(1, count + 1)]


def order(name: str, state: str, action: str | None = None) -> Item:
    told = {"id": name, "outcome": state, "action": action, "updated": "", "created": ""}
    return Item("orders", "paper", name, {**BLANK, **told})


def test_an_open_order_is_kept_however_many_refusals_come_after_it() -> None:
    hub, kept = Hub("e"), CHANNELS["orders"].kept
    hub.take([order("mine", "open"), order("withdrawn", "open", "cancel")])
    hub.take(order(f"r{at}", "refused") for at in range(kept))
    items = hub.items("orders", "paper")
    assert len(items) == kept
    assert "mine" in items
    assert "withdrawn" not in items  # a command to cancel is no order that rests
    hub.take([order("mine", "filled"), order("last", "refused")])
    hub.take(order(f"s{at}", "refused") for at in range(kept))
    assert "mine" not in hub.items("orders", "paper")


def test_of_orders_that_all_live_there_is_an_end_too() -> None:
    hub, kept = Hub("e"), CHANNELS["orders"].kept
    hub.take(order(str(at), "open") for at in range(BRIMFUL * kept + 5))
    assert len(hub.items("orders", "paper")) == BRIMFUL * kept
