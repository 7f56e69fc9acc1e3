"""Many faults at a high rate: what a connection received is held against what it was sent."""

from __future__ import annotations

from engine.feeds.speech import Kind, Topic
from infra.recordings import MARKET
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.server import Replaying
from tests.replaying.driving import Client, client, reel_of, served, until

RATE = 20_000
TOPICS = [Topic(kind, "ETHUSDT") for kind in (Kind.TRADES, Kind.QUOTES, Kind.BOOK)]
FAULTS = [
    Fault(kind="disconnect", every=1.0),
    Fault(kind="gap", chance=0.01, seed=1, frames=2),
    Fault(kind="double", chance=0.01, seed=2),
    Fault(kind="reorder", chance=0.01, seed=3),
    Fault(kind="garbage", chance=0.01, seed=4),
]


async def test_a_closed_connection_was_read_in_order_and_a_cut_one_to_a_prefix() -> None:
    reel = reel_of("binance", MARKET[1])
    replaying = Replaying([reel], Pace(rate=RATE), FAULTS)
    clients: list[Client] = []
    async with served(replaying) as running:
        over = False
        while not over:
            async with client(running, reel, TOPICS) as found:
                clients.append(found)
                await found.settled()
                replaying.begin()
                play, connection = replaying.plays[0], replaying.connections[-1]
                await until(lambda p=play, f=found: f.ended or p.position == len(p.reel.shots))  # type: ignore[misc]
                over = play.position == len(reel.shots)
                if over and not found.ended:
                    await replaying.end()
                    await until(lambda c=connection, f=found: len(f.received) == len(c.sent))  # type: ignore[misc]
    cut = [note for note in replaying.notes if note.what == "disconnect"]
    assert len(clients) == len(cut) + 1 >= 3
    for each, connection in zip(clients[:-1], replaying.connections[:-1], strict=True):
        sent = [sent.payload for sent in connection.sent]
        assert each.received == sent[: len(each.received)]
    assert clients[-1].received == [sent.payload for sent in replaying.connections[-1].sent]
    assert {note.what for note in replaying.notes} == {fault.kind for fault in FAULTS}
    for connection in replaying.connections:
        notes = [note for note in replaying.notes if note.connection == connection.number]
        for kind in ("double", "garbage"):
            # A frame that is doubled may be missing for a gap.
            sent_so = sum(sent.origin == kind for sent in connection.sent)
            noted = sum(note.what == kind for note in notes)
            assert noted * 0.9 - 5 <= sent_so <= noted
