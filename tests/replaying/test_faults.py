"""Each fault shows at the client, is noted, and is the same with every play."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import ValidationError

from engine.feeds.speech import Kind, Topic
from infra.recordings import MARKET
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import Reel
from infra.replaying.server import Replaying
from infra.replaying.tape import digest, rows
from schemas.errors import Poison
from tests.replaying.driving import VENUES, Client, client, reel_of, served, until

ALL = [Topic(kind, "BTC-USDT") for kind in (Kind.TRADES, Kind.QUOTES)]


@pytest.fixture(scope="module")
def reel() -> Reel:
    return reel_of("okx", VENUES / "OKX.ws.1.0.gz")


def frames(reel: Reel) -> list[int]:
    """The numbers of the frames of ALL."""
    return [at for at, shot in enumerate(reel.shots) if set(shot.topics) & set(ALL)]


def numbers(reel: Reel, received: list[str | bytes]) -> list[int]:
    """Which of ALL's frames came, in the order in which they did; -1 for what is none."""
    known = {reel.shots[at].payload: at for at in frames(reel)}
    assert len(known) == len(frames(reel))
    data = [each for each in received if '"event"' not in str(each)]
    return [known.get(each, -1) for each in data]


async def received(reel: Reel, *faults: Fault) -> tuple[Client, Replaying]:
    """What a client has when all has been played."""
    replaying = Replaying([reel], faults=list(faults))
    async with served(replaying) as running, client(running, reel, ALL) as found:
        await found.settled()
        replaying.begin()
        await replaying.end()
        (connection,) = replaying.connections
        await until(lambda: found.ended or connection.waiting.empty())
        await until(lambda: found.ended or len(found.received) == len(connection.sent))
        return found, replaying


def noted(replaying: Replaying) -> list[tuple[str, int]]:
    assert all(note.connection == 0 and note.time > 0 for note in replaying.notes)
    return [(note.what, note.position) for note in replaying.notes]


async def test_a_gap_leaves_frames_out(reel: Reel) -> None:
    whole = frames(reel)
    found, replaying = await received(reel, Fault(kind="gap", at=whole[5], frames=3))
    assert numbers(reel, found.received) == [*whole[:5], *whole[8:]]
    assert noted(replaying) == [("gap", whole[5])]
    assert replaying.notes[0].frames == 3


async def test_a_doubled_frame_comes_twice_and_a_reordered_one_after_the_next(reel: Reel) -> None:
    whole = frames(reel)
    faults = Fault(kind="double", at=whole[2]), Fault(kind="reorder", at=whole[6])
    found, replaying = await received(reel, *faults)
    expected = [*whole[:3], whole[2], *whole[3:6], whole[7], whole[6], *whole[8:]]
    assert numbers(reel, found.received) == expected
    assert noted(replaying) == [("double", whole[2]), ("reorder", whole[6])]


async def test_the_last_frame_is_not_lost_by_reordering(reel: Reel) -> None:
    whole = frames(reel)
    found, _ = await received(reel, Fault(kind="reorder", at=whole[-1]))
    assert numbers(reel, found.received) == whole


@pytest.mark.parametrize("seed", range(8))
async def test_garbage_comes_beside_the_frame_and_is_no_market_data(reel: Reel, seed: int) -> None:
    whole = frames(reel)
    found, replaying = await received(reel, Fault(kind="garbage", at=whole[4], seed=seed))
    assert numbers(reel, found.received) == [*whole[:4], -1, *whole[4:]]
    noise = replaying.connections[0].sent[-(len(whole) - 4) - 1]
    assert noise.origin == "garbage"
    with pytest.raises(Poison):
        reel.feed.parse(noise.payload)


async def test_a_disconnect_leaves_a_prefix(reel: Reel) -> None:
    whole = frames(reel)
    found, replaying = await received(reel, Fault(kind="disconnect", at=whole[9]))
    assert found.ended
    got = numbers(reel, found.received)
    assert got == whole[: len(got)]
    assert len(got) <= 9
    assert [sent.position for sent in replaying.connections[0].sent][-1] == whole[8]
    assert noted(replaying) == [("disconnect", whole[9])]


async def test_after_a_disconnect_another_connection_goes_on(reel: Reel) -> None:
    whole = frames(reel)
    fault = Fault(kind="disconnect", at=whole[9])
    async with served(replaying := Replaying([reel], faults=[fault])) as running:
        play = replaying.plays[0]
        async with client(running, reel, ALL) as first:
            await first.settled()
            while play.position <= whole[9]:
                play.step(0, 0)
            await until(lambda: first.ended)
        async with client(running, reel, ALL) as second:
            await second.settled()
            replaying.begin()
            await replaying.end()
            await until(lambda: numbers(reel, second.received) == whole[10:])
    assert [each.number for each in replaying.connections] == [0, 1]


async def test_a_stalled_connection_says_nothing_more_and_the_session_takes_it_for_dead(
    reel: Reel,
) -> None:
    whole = frames(reel)
    fault = Fault(kind="stall", at=whole[3])
    replaying = Replaying([reel], faults=[fault])
    async with served(replaying) as running, client(running, reel, ALL) as found:
        await found.settled()
        replaying.begin()
        await replaying.end()
        await until(lambda: numbers(reel, found.received) == whole[:3])
        for _ in range(12):
            await found.passes()
        assert "no frame for" in found.dead
    assert noted(replaying) == [("stall", whole[3])]


async def test_a_stall_may_pass_and_nothing_is_lost(reel: Reel) -> None:
    whole = frames(reel)
    found, _ = await received(reel, Fault(kind="stall", at=whole[3], seconds=0.2))
    assert numbers(reel, found.received) == whole


async def test_faults_by_chance_are_a_matter_of_the_seed(reel: Reel) -> None:
    def fault(seed: int) -> Fault:
        return Fault(kind="gap", chance=0.2, seed=seed)

    runs = [(await received(reel, fault(seed)))[0].received for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    assert 0 < len(frames(reel)) - len(numbers(reel, runs[0])) < 0.5 * len(frames(reel))


async def test_a_recording_that_is_played_again_cuts_its_connections_and_counts_on(
    reel: Reel,
) -> None:
    whole = frames(reel)
    fault = Fault(kind="gap", at=len(reel.shots) + whole[1])
    async with served(replaying := Replaying([reel], Pace(rate=150), [fault], times=2)) as running:
        async with client(running, reel, ALL) as first:
            await first.settled()
            replaying.begin()
            await until(lambda: first.ended)
        async with client(running, reel, ALL) as second:
            await second.settled()
            await replaying.end()
            await until(lambda: whole[-1] in numbers(reel, second.received))
        got = numbers(reel, first.received)
        assert got == whole[: len(got)]
        assert whole[1] in got
        got = numbers(reel, second.received)
        assert got == [at for at in whole if at >= got[0] and at != whole[1]]
    assert replaying.notes[0].what == "again"


async def test_disconnects_every_so_often_are_of_the_plays_time() -> None:
    reel = reel_of("binance", MARKET[1])
    fault = Fault(kind="disconnect", every=5.0)
    pace = Pace(rate=20_000)
    due = [pace.due(at, 0, 0) for at in range(len(reel.shots))]
    struck = [at for at in range(1, len(due)) if fault.strikes("", at, due[at - 1], due[at])]
    assert struck == list(range(100_000, len(reel.shots), 100_000))
    real = Pace(speed=10.0)
    due = [real.due(at, shot.time, reel.shots[0].time) for at, shot in enumerate(reel.shots)]
    struck = [at for at in range(1, len(due)) if fault.strikes("", at, due[at - 1], due[at])]
    assert len(struck) == 6, "345 s, ten times as fast"


@pytest.mark.parametrize("fault", [
    {"kind": "gap"}, {"kind": "gap", "at": 1, "every": 2.0}, {"kind": "flood", "at": 1},
])  # fmt: skip
def test_what_is_no_fault_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fault)


async def test_faults_are_armed_and_notes_are_read_over_http(reel: Reel) -> None:
    whole = frames(reel)
    async with served(replaying := Replaying([reel])) as running, aiohttp.ClientSession() as http:
        at = f"http://127.0.0.1:{running.port}/-"
        async with http.post(f"{at}/faults", json=[{"kind": "gap", "at": whole[0]}]) as answer:
            assert await answer.json() == {"armed": 1}
        async with http.post(f"{at}/faults", json=[{"kind": "gap"}]) as answer:
            assert answer.status == 400
        async with client(running, reel, ALL) as found:
            await found.settled()
            async with http.post(f"{at}/begin"):
                await replaying.end()
            await until(lambda: numbers(reel, found.received) == whole[1:])
            async with http.get(f"{at}/notes") as answer:
                (note,) = await answer.json()
        assert (note["what"], note["connection"], note["position"]) == ("gap", 0, whole[0])


async def test_a_closed_connection_has_all_before_and_a_broken_one_loses_what_came_last(
    reel: Reel,
) -> None:
    whole = frames(reel)
    found, replaying = await received(reel, Fault(kind="close", at=whole[7]))
    (connection,) = replaying.connections
    assert numbers(reel, found.received) == whole[:7]
    assert connection.end == "closed"
    found, replaying = await received(reel, Fault(kind="disconnect", at=whole[4], frames=3))
    (connection,) = replaying.connections
    assert numbers(reel, found.received) == whole[:4]
    assert [sent.position for sent in connection.sent if sent.origin == "recorded"] == whole[:6]
    assert connection.end == "cut"


async def test_faults_of_one_kind_of_frames_leave_the_others(reel: Reel) -> None:
    trades = [at for at in frames(reel) if reel.shots[at].topics[0].kind is Kind.TRADES]
    found, _ = await received(reel, Fault(kind="gap", chance=1.0, of="trades"))
    assert trades
    assert numbers(reel, found.received) == [at for at in frames(reel) if at not in trades]


async def test_what_was_sent_is_on_tape_instead_of_in_a_list(reel: Reel, tmp_path: Path) -> None:
    replaying = Replaying([reel], tapes=tmp_path)
    before = time.time_ns()
    async with served(replaying) as running, client(running, reel, ALL) as found:
        await found.settled()
        replaying.begin()
        await replaying.end()
        await replaying.finish()
        await until(lambda: found.ended)
    taped = list(rows(tmp_path / "0.tape"))
    assert replaying.connections[0].sent == []
    assert [row.digest for row in taped] == [digest(each) for each in found.received]
    assert [row.position for row in taped if row.origin == "recorded"] == frames(reel)
    assert all(before <= row.time <= time.time_ns() for row in taped)
