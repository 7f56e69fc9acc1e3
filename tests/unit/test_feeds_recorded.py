"""Every recorded frame of every venue: what it holds, whose it is, and what became of its book."""

from __future__ import annotations

import base64
from collections import Counter
from contextlib import suppress

import orjson
import pytest

from engine.feeds.catalogue import FEEDS
from engine.feeds.events import Depth, Event
from gateway.recorded.decode import Row, decode
from schemas.errors import Poison
from schemas.raw import UNREADABLE, ReceivedFrame, Source
from tests.unit.listed_markets import LISTS
from tests.unit.venue_tables import FILES, INSTRUMENTS, RECORDED, VENUES, frames, path_of, routed

TYPES = {"Trade": "trade", "Quote": "quote", "Depth": "book", "Funding": "funding",
         "OpenInterest": "interest", "Liquidation": "liquidation"}  # fmt: skip


def events_of(venue: str, frame: ReceivedFrame) -> tuple[Event, ...]:
    content = base64.b64decode(frame.text) if frame.encoding == "base64" else frame.text
    return FEEDS[venue].parse(content)


def test_every_file_that_ships_is_in_a_venues_table() -> None:
    assert {path_of(file) for _, file in FILES} == set(RECORDED.glob("*.gz"))
    lists = {INSTRUMENTS / file for module in VENUES.values() for file in module.INSTRUMENTS}
    lists |= {INSTRUMENTS / each.file for each in LISTS}
    assert lists == set(INSTRUMENTS.glob("*.gz"))


@pytest.mark.parametrize(("venue", "file"), FILES)
def test_each_frame_is_read_or_refused_with_a_reason(venue: str, file: str) -> None:
    count, reasons = Counter[str](), Counter[str]()
    for frame in frames(file):
        count["frames"] += 1
        try:
            events = events_of(venue, frame)
        except Poison as poison:
            reasons[str(poison)] += 1
            continue
        if frame.source is Source.WS and not FEEDS[venue].may_tell_book(frame.text):
            assert not any(isinstance(event, Depth) for event in events), "the collector parses it"
        count["control"] += not events
        count.update(TYPES[type(event).__name__] for event in events)
    assert dict(count) == VENUES[venue].RECORDINGS[file]
    assert dict(reasons) == VENUES[venue].REFUSED.get(file, {})


@pytest.mark.parametrize(("venue", "file"), FILES)
def test_what_holds_events_has_a_symbol_and_what_has_none_goes_to_the_venue(
    venue: str, file: str
) -> None:
    router = routed(venue, file)
    for frame in frames(file):
        key, same = router.route(frame)
        assert not same.channel.startswith(UNREADABLE), same.channel
        try:
            events = events_of(venue, frame)
        except Poison:
            continue
        if events:
            assert key != f"{venue}:*"
            assert "/" in key


@pytest.mark.parametrize(("venue", "file"), FILES)
def test_decode_tells_as_many_of_each_type_and_no_book_is_broken(venue: str, file: str) -> None:
    rows: list[Row] = list(decode([path_of(file)], venue, ()))
    count = Counter(row["type"] for row in rows)
    expected = Counter(VENUES[venue].RECORDINGS[file])
    del expected["frames"], expected["control"]
    expected["dead"] = sum(VENUES[venue].REFUSED.get(file, {}).values())
    assert count - Counter(VENUES[venue].NOTICES.get(file, {})) == +expected
    assert not [row for row in rows if row["symbol"] == "*" and row["type"] != "dead"]


@pytest.mark.parametrize("venue", VENUES)
def test_updates_of_books_in_a_stream_show_a_mark_of_one(venue: str) -> None:
    """The collector parses no other frames; books by REST, which name no channel, need none."""
    feed = FEEDS[venue]
    for sample in VENUES[venue].SAMPLES:
        with suppress(Poison):
            depths = [each for each in feed.parse(sample) if isinstance(each, Depth)]
            if depths and not feed.may_tell_book(sample):
                assert all(each.snapshot for each in depths), sample
                assert not {"channel", "topic", "feed", "type", "e"} & {*orjson.loads(sample)}
