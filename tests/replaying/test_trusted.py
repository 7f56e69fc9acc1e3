"""A book that is published without a mark is the venue's own, whatever befalls the connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import pytest

from engine.feeds.planning import FeedSettings
from engine.feeds.speech import Kind
from engine.spans import SECOND
from infra.recordings import COIN_M
from infra.replaying.books import Books
from infra.replaying.connection import Sent
from infra.replaying.faults import Fault
from infra.replaying.play import Pace
from infra.replaying.reel import Reel
from schemas.raw import ReceivedFrame, Source
from schemas.ticks import BookState
from tests.replaying.desk import Desk
from tests.replaying.driving import VENUES, reel_of

FILES = {
    "binance cm": [COIN_M[1]],
    "bitget": [VENUES / "BITGET.ws.2.0.gz"],
    "bybit linear": [VENUES / "BYBIT.ws.25.0.gz"],
    "coinbase exchange": [VENUES / "COINBASE.ws.28.0.gz"],
    "gate futures": [VENUES / f"GATEIO_FUTURES.{n}.0.gz" for n in ("ws.1", "http.0")],
    "htx inverse": [VENUES / "HUOBI_SWAP.ws.1.0.gz"],
    "htx spot": [VENUES / "HUOBI.ws.44.0.gz"],
    "kraken futures": [VENUES / "KRAKEN_FUTURES.ws.1.0.gz"],
    "kraken spot": [VENUES / "KRAKEN.ws.50.0.gz"],
    "kucoin spot": [VENUES / "KUCOIN.ws.1.0.gz", VENUES / "KUCOIN.http.0.0.gz"],
    "okx": [VENUES / "OKX.ws.1.0.gz"],
}
"""A market of each rule that a recording has."""
LEVELS = {"kraken spot": 10}
"""A side that are held against the venue's; its checksum is of so many."""
UNNUMBERED = ("bybit linear", "coinbase exchange")
"""What the venue sent does not show what is missing in it: Bybit's v2, Coinbase's Exchange."""
WHOLE = ("htx inverse",)
"""Each frame is a whole book without a number: one that comes late is the book of before."""
FRAMES = 600


@cache
def reel(name: str) -> Reel:
    """Read once."""
    return reel_of(name.split()[0], *FILES[name])


def desk(name: str, faults: list[Fault], **settings: object) -> Desk:
    """All books of a recording, played in a few seconds."""
    played = reel(name)
    assert name in (f"{played.feed.name} {played.market}", played.feed.name)
    books = [topic.name for topic in played.topics if topic.kind is Kind.BOOK]
    wanted = FeedSettings.model_validate({"symbols": books, "kinds": ("book",), **settings})
    rate = max(100, min(len(played.shots), FRAMES) / 6)
    made = Desk(played, wanted, faults, Pace(rate=rate))
    made.wait(SECOND // 2)
    return made


@dataclass
class Trust:
    """Holds each book against the venue's after each frame that came of it. seen: how many frames
    of the recording had been played when the last of a book came; compared: how often, by state.
    """

    desk: Desk
    levels: int
    seen: dict[str, int] = field(default_factory=dict)
    compared: dict[BookState, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.truth = Books(self.desk.reel)
        self.names = {key: name for name, key in self.desk.keys.items()}
        self.desk.watch = self.watch

    def watch(self, key: str, frame: ReceivedFrame, sent: Sent | None) -> None:
        """Something was published under the key."""
        name = self.names.get(key)
        if name is None or (sent is not None and sent.origin == "garbage"):
            return
        played = self.desk.play.position
        if sent is not None and sent.position >= 0:
            played = sent.position + 1
        sync = self.desk.cells[key].state.sync
        state = sync.state
        self.compared[state] = self.compared.get(state, 0) + 1
        marked = state in (BookState.NONE, BookState.GAPPED)
        assert marked or frame.source is not Source.CUT
        if frame.source is not Source.CUT:
            self.seen[key] = max(played, self.seen.get(key, 0))
        if marked:
            return
        true = self.truth.built(name, self.seen[key])
        if true.state is BookState.NONE:
            return  # its snapshot was recorded later
        if sync.last == true.last:
            assert sync.book.top("bids", self.levels) == true.book.top("bids", self.levels)
            assert sync.book.top("asks", self.levels) == true.book.top("asks", self.levels)
        else:
            assert sync.anchor is not None or true.anchor is not None, (name, sync.last, true.last)


def late_frame(played: Reel) -> int:
    """Of a book, when three quarters are over."""
    most = min(len(played.shots), FRAMES) * 3 // 4
    books = [frames for topic, frames in played.topics.items() if topic.kind is Kind.BOOK]
    return max(frame for frames in books for frame in frames if frame <= most)


@pytest.mark.parametrize("name", FILES)
def test_after_a_cut_near_the_end_every_book_is_whole_again_and_the_venues_own(name: str) -> None:
    made = desk(name, [Fault(kind="disconnect", at=late_frame(reel(name)))])
    trust = Trust(made, LEVELS.get(name, 25))
    made.run(FRAMES)
    made.wait(6 * SECOND)
    for each, key in made.keys.items():
        assert made.cells[key].state.sync.state in (BookState.OK, BookState.STALE), each
        if made.cells[key].state.sync.anchor is None:
            trust.watch(key, ReceivedFrame(0, Source.WS, "", ""), None)
    assert made.cuts
    assert not made.unfetched
    assert not made.refused


@pytest.mark.parametrize("name", FILES)
def test_a_book_without_a_mark_is_the_venues_own(name: str) -> None:
    kinds = ["garbage", "double"]
    kinds += [] if name in UNNUMBERED else ["gap"]
    kinds += [] if name in (*UNNUMBERED, *WHOLE) else ["reorder"]
    faults = [Fault(kind="disconnect", every=2.9)]
    for number, kind in enumerate(kinds):
        faults.append(Fault.model_validate({"kind": kind, "chance": 0.015, "seed": number}))
    made = desk(name, faults, requests=20.0)
    trust = Trust(made, LEVELS.get(name, 25))
    made.run(FRAMES)
    made.wait(SECOND)
    assert trust.compared.get(BookState.OK, 0) > sum(trust.compared.values()) / 4, trust.compared
