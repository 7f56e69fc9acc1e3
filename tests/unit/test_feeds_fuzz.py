"""Whatever a venue's socket gives: events, or Poison with a reason, and no other exception."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event, Quote, Trade
from engine.numbers import price_units, quantity_units
from engine.stage import Cell
from engine.ticks import TicksStage
from schemas import names
from schemas.codec import encode
from schemas.errors import Poison
from schemas.raw import RawFrame, ReceivedFrame, Source
from tests.recorded import long
from tests.unit.venue_tables import VENUES

WORTHS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 2**64, 10**40, -(2**70), 1.5, 1e308, -0.0, "", "0", "-1",
    "NaN", "Infinity", "1e5", "1e999", "1.", ".5", "0x10", "١٢", " 1", "1_0", "9" * 40, "a" * 5000,
    "0.0000000000000000000000001", [], {}, [[]], [["1"]], [["1", "2"]], [["0", "1", "0", "0"]],
    [["1", "-2", "0", "0"]], [None], {"a": 1}, "\ud83d\ude00", "subscribe", "snapshot", "update",
)  # fmt: skip


def taken(venue: str, frame: str | bytes) -> tuple[Event, ...] | str:
    """The events, each of them sound, or the reason of the refusal."""
    try:
        events = FEEDS[venue].parse(frame)
    except Poison as poison:
        reason = str(poison)
    else:
        check(events)
        return events
    assert reason.startswith(f"{venue}: ")
    assert len(reason) > len(venue) + 2
    return reason


def check(events: tuple[Event, ...]) -> None:
    """Times, prices, quantities and sides are such."""
    assert type(events) is tuple
    for event in events:
        assert event.event_time is None or 0 <= event.event_time < 1 << 63
        if isinstance(event, Trade):
            assert price_units(event.price)
            assert quantity_units(event.quantity)
            assert event.side in ("buy", "sell")
        elif isinstance(event, Quote):
            assert price_units(event.bid) + price_units(event.ask) >= 0
        elif isinstance(event, Depth):
            for price, quantity in (*event.bids, *event.asks):
                assert price_units(price)
                assert quantity_units(quantity) >= 0


def published(venue: str, frame: str | bytes) -> None:
    """The ticks stage takes the frame on a symbol's key and on the venue's, and writes a record."""
    if isinstance(frame, bytes):
        return
    for key in (f"{venue}:A/B", f"{venue}:*"):
        cell = Cell.fresh(TicksStage(), key)
        raw = RawFrame(
            key=key, seq=0, run="r", run_seq=0, source=Source.WS, channel="stream",
            received=(1 << 62,), frames=(frame,), seen_time=1 << 62,
        )  # fmt: skip
        for made in cell.take(names.RAW, raw):
            encode(made.record)


STRIDE = long(1, 4)
"""By default every fourth place of a sample is spoilt, and with every fourth of WORTHS."""

SAMPLES = [(name, frame) for name, module in VENUES.items() for frame in module.SAMPLES]


@pytest.mark.parametrize(("venue", "frame"), SAMPLES)
def test_each_sample_is_read(venue: str, frame: str | bytes) -> None:
    assert isinstance(taken(venue, frame), tuple), taken(venue, frame)
    published(venue, frame)


@pytest.mark.parametrize(("venue", "frame"), SAMPLES)
def test_each_sample_cut_anywhere_is_read_or_refused(venue: str, frame: str | bytes) -> None:
    for end in range(len(frame) % STRIDE, len(frame), STRIDE):
        taken(venue, frame[:end])
        taken(venue, frame[end:])


@pytest.mark.parametrize(("venue", "frame"), SAMPLES)
def test_each_sample_with_a_byte_changed_is_read_or_refused(venue: str, frame: str | bytes) -> None:
    content = frame if isinstance(frame, bytes) else frame.encode()
    dice = random.Random(7)
    for at in range(len(content) % STRIDE, len(content), STRIDE):
        byte = bytes((dice.randrange(256),))
        taken(venue, content[:at] + byte + content[at + 1 :])


def places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all values in a JSON tree."""
    found = [path]
    if isinstance(tree, dict):
        for name in tree:
            found += places(tree[name], (*path, name))
    elif isinstance(tree, list):
        for at, each in enumerate(tree):
            found += places(each, (*path, at))
    return found


def changed(tree: Any, path: tuple[Any, ...], worth: Any) -> Any:
    if not path:
        return worth
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[path[0]] = changed(tree[path[0]], path[1:], worth)
    return copy


def removed(tree: Any, path: tuple[Any, ...]) -> Any:
    if len(path) == 1:
        copy = dict(tree) if isinstance(tree, dict) else list(tree)
        del copy[path[0]]
        return copy
    return changed(tree, path[:1], removed(tree[path[0]], path[1:]))


@pytest.mark.parametrize(("venue", "frame"), SAMPLES)
def test_whatever_a_field_holds_the_frame_is_read_or_refused(
    venue: str, frame: str | bytes
) -> None:
    try:
        tree = json.loads(frame)
    except ValueError:
        return
    for number, path in enumerate(places(tree), len(frame)):
        for worth in WORTHS[number % STRIDE :: STRIDE]:
            text = json.dumps(changed(tree, path, worth), separators=(",", ":"))
            taken(venue, text)
            published(venue, text)
        if path:
            taken(venue, json.dumps(removed(tree, path), separators=(",", ":")))


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=long(300, 100))
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_bytes_are_refused_or_read(venue: str, frame: str | bytes) -> None:
    taken(venue, frame)
    FEEDS[venue].speech.hear(frame)


@pytest.mark.parametrize("venue", FEEDS)
@pytest.mark.parametrize(
    "frame", ["[" * 100_000, '{"a":' * 100_000, "1" * 10_000, "\x00", "\ud800"]
)
def test_deep_long_and_odd_texts_are_refused(venue: str, frame: str) -> None:
    assert isinstance(taken(venue, frame), str)
    FEEDS[venue].speech.hear(frame)


@pytest.mark.parametrize("venue", FEEDS)
@settings(max_examples=long(200, 60))
@given(st.text(max_size=100), st.text(max_size=100), st.sampled_from(Source))
def test_any_frame_has_a_name_or_none(venue: str, channel: str, text: str, source: Source) -> None:
    feed = FEEDS[venue]
    name = feed.name_in(ReceivedFrame(1, source, channel, text))
    assert name is None or isinstance(name, str)
    for market in feed.markets:
        symbol = feed.symbol(market, text)
        assert symbol is None or "/" in symbol


@pytest.mark.parametrize(("venue", "frame"), SAMPLES)
def test_a_frame_may_be_bytes_or_text(venue: str, frame: str | bytes) -> None:
    if isinstance(frame, str):
        assert taken(venue, frame.encode()) == taken(venue, frame)
