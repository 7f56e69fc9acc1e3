"""Framing: one record a linger, key, source and channel; a clock at each whole second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.framing import PAUSE, Framer, raw_records
from engine.identity import raw_id
from engine.spans import SECOND
from schemas.codec import decode, encode
from schemas.raw import RawFrame, ReceivedFrame, Source

MS = 1_000_000
A, B = "binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT"
Keyed = tuple[str, ReceivedFrame]


def frame(time: int, key: str = A, text: str = "{}", source: Source = Source.WS) -> Keyed:
    channel = "stream" if source is Source.WS else "depth"
    return key, ReceivedFrame(time, source, channel, text)


def records(*frames: Keyed, tail: int = 0) -> list[RawFrame]:
    return list(raw_records(frames, "run", 20 * MS, tail))


def data(all_records: list[RawFrame]) -> list[RawFrame]:
    return [record for record in all_records if not record.clock]


def test_frames_of_one_linger_are_one_record() -> None:
    first, second = data(records(frame(0, text="a"), frame(20 * MS - 1, text="b"), frame(20 * MS)))
    assert first.frames == ("a", "b")
    assert first.received == (0, 20 * MS - 1)
    assert first.seen_time == 20 * MS - 1
    assert second.received == (20 * MS,)


def test_another_source_or_key_begins_a_record() -> None:
    rest = frame(1, source=Source.REST, text="s")
    found = data(records(frame(0, text="a"), rest, frame(2, text="b"), frame(3, B, "c")))
    assert [(r.key, r.source, r.frames) for r in found] == [
        (A, Source.WS, ("a",)), (A, Source.REST, ("s",)), (A, Source.WS, ("b",)), (B, "ws", ("c",)),
    ]  # fmt: skip


def test_the_other_keys_frames_between_do_not_split_a_record() -> None:
    found = data(records(frame(0), frame(1, B), frame(2)))
    assert [(r.key, r.received, r.seen_time) for r in found] == [(A, (0, 2), 2), (B, (1,), 1)]


def test_the_clock_stands_before_the_first_frame_at_or_after_each_second() -> None:
    found = records(frame(SECOND // 2), frame(SECOND), frame(3 * SECOND + 1))
    assert [(r.seen_time, r.clock) for r in found] == [
        (SECOND // 2, False), (SECOND, True), (SECOND, False), (2 * SECOND, True),
        (3 * SECOND, True), (3 * SECOND + 1, False), (4 * SECOND, True),
    ]  # fmt: skip
    assert (found[1].source, found[1].channel, found[1].frames) == (Source.CLOCK, "clock", ())


def test_a_key_has_no_clock_before_its_first_frame() -> None:
    found = records(frame(0), frame(2 * SECOND + 1, B), frame(3 * SECOND))
    assert [r.seen_time // SECOND for r in found if r.key == B and r.clock] == [3]


def test_the_clock_runs_on_after_the_last_frame() -> None:
    found = records(frame(SECOND + 1), tail=4 * SECOND)
    assert [r.seen_time // SECOND for r in found if r.clock] == [2, 3, 4, 5, 6]


def test_the_clock_stands_still_while_the_desk_was_off() -> None:
    found = records(frame(0), frame(PAUSE + 10 * SECOND + 1))
    assert [r.seen_time for r in found if r.clock] == [PAUSE + 10 * SECOND, PAUSE + 11 * SECOND]


def test_identity_comes_from_the_origin() -> None:
    framer = Framer("run", 20 * MS, first_seq=lambda key: 100)
    framer.frame(*frame(0))
    (record,) = framer.tick(20 * MS)
    assert (record.id, record.seq, record.run_seq) == (raw_id("run", A, 0), 100, 0)
    assert (record.cause, record.event_time) == ("", None)


def test_live_ticks_give_the_same_records() -> None:
    frames = [frame(n * 7 * MS, (A, B)[n % 2], str(n)) for n in range(400)]
    framer = Framer("run", 20 * MS)
    live: list[RawFrame] = []
    for key, received in frames:
        live += framer.tick(received.received_ns - 3 * MS)
        live += framer.frame(key, received)
        live += framer.tick(received.received_ns + 3 * MS)
    live += framer.end()
    assert live == list(raw_records(frames, "run", 20 * MS))


@pytest.mark.parametrize("linger", [0, -1, 30 * MS, 2 * SECOND])
def test_a_linger_divides_a_second(linger: int) -> None:
    with pytest.raises(ValueError, match="divide"):
        Framer("run", linger)


def test_time_never_goes_back() -> None:
    found = records(frame(50 * MS), frame(5 * MS, text="b"), frame(70 * MS))
    assert [(r.received, r.seen_time) for r in found if not r.clock] == [
        ((50 * MS, 5 * MS), 50 * MS), ((70 * MS,), 70 * MS),
    ]  # fmt: skip


FRAMES = st.lists(
    st.builds(
        frame,
        st.integers(0, 5 * SECOND),
        st.sampled_from([A, B]),
        st.text(st.characters(codec="utf-8"), max_size=3),
        st.sampled_from([Source.WS, Source.REST]),
    )
)


@given(FRAMES)
def test_nothing_is_lost_and_each_key_is_framed_as_if_alone(frames: list[Keyed]) -> None:
    frames.sort(key=lambda keyed: keyed[1].received_ns)
    found = records(*frames)
    for key in (A, B):
        own = [received for each, received in frames if each == key]
        mine = [record for record in found if record.key == key]
        assert [text for r in mine for text in r.frames] == [each.text for each in own]
        assert [t for r in mine for t in r.received] == [each.received_ns for each in own]
        assert [r.seq for r in mine] == list(range(len(mine)))
        assert [r.seen_time for r in mine] == sorted(r.seen_time for r in mine)
        alone = records(*((key, each) for each in own))
        assert mine[: len(alone)] == alone
    assert [decode(RawFrame, encode(record)) for record in found] == found
