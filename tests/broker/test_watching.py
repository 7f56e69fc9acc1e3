"""What people see of a desk, read from real Kafka: the last prices, and a key's records."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.proof.published import Published
from gateway.watching.board import Board
from gateway.watching.consolidated import as_json
from gateway.watching.latest import BACK
from gateway.watching.watch import Eyes
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import ConsolidatedBook, Signal, VenueBook, VenueState
from schemas.system import Snapshot
from schemas.ticks import Ticks
from tests.broker.writing import in_order
from topics import admin
from topics.partition import partition_of
from topics.reading import read_all
from topics.settings import Settings
from topics.snapshots import Covered, covered_header

pytestmark = pytest.mark.broker

EMPTY: dict[str, Any] = {name: {} for name in ("state", "seen", "made", "clocks")}
OKX = VenueBook(venue="okx", state=VenueState.OK, tick=1, fresh=0)
MARKETS = [f"binance:M{n}/USDT" for n in range(6)]


@pytest.fixture
def fresh(bootstrap: str) -> Settings:
    """Settings with topics of their own."""
    settings = Settings(broker_url=bootstrap, prefix=f"{uuid.uuid4().hex[:8]}.")
    admin.create(settings)
    return settings


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def eyes(fresh: Settings, board: Board) -> Iterator[Eyes]:
    made = Eyes(fresh, board)
    yield made
    made.close()


def publish(
    settings: Settings,
    topic: str,
    *records: Record,
    headers: Any = None,
) -> None:
    producer = in_order(settings.bootstrap)
    for record in records:
        producer.produce(
            settings.physical(topic), encode(record), record.key.encode(),
            partition_of(topic, record.key), headers=headers,
        )  # fmt: skip
    assert producer.flush(20) == 0


def signal(key: str, seq: int) -> Signal:
    return Signal(
        key=key, seq=seq, venue=venue_of(key), symbol=symbol_of(key), last=str(seq), seen_time=seq
    )


def test_each_look_gives_the_latest_prices_of_every_market(
    fresh: Settings, board: Board, eyes: Eyes
) -> None:
    rows = [signal(key, seq) for seq in range(2 * BACK) for key in MARKETS]
    publish(fresh, names.SIGNALS, *rows)
    first = eyes.sample()
    assert {key: row["last"] for key, row in board.markets.items()} == dict.fromkeys(
        MARKETS, str(2 * BACK - 1)
    )
    assert first.counts[names.SIGNALS] == len(rows)
    publish(fresh, names.SIGNALS, signal(MARKETS[2], 2 * BACK))
    eyes.sample()
    assert board.markets[MARKETS[2]]["last"] == str(2 * BACK)
    assert board.markets[MARKETS[1]]["last"] == str(2 * BACK - 1)


def test_a_look_gives_the_venues_of_each_book_and_the_lag_of_its_stage(
    fresh: Settings, board: Board
) -> None:
    known = fresh.model_copy(update={"books": {"symbols": "A/USDT,B/USDT"}})
    full: dict[str, Any] = {"venues": (OKX,)}
    short: dict[str, Any] = {"full": False}
    books = [
        ConsolidatedBook(key=symbol, symbol=symbol, seq=seq, now=seq, **said)
        for symbol in ("A/USDT", "B/USDT")
        for seq, said in enumerate((full, full, short, short))
    ]
    ticks = [Ticks(key="okx:A/USDT", venue="okx", symbol="A/USDT", seq=seq) for seq in range(5)]
    publish(fresh, names.BOOKS, *books)
    publish(fresh, names.TICKS, *ticks)
    place = (fresh.physical(names.TICKS), partition_of(names.TICKS, "okx:A/USDT"))
    for symbol, at in (("A/USDT", 3), ("B/USDT", 2)):
        saved = Snapshot(key=f"books:{symbol}", stage="books", cell=symbol, **EMPTY)
        headers = covered_header({place: Covered(at, 2)})
        publish(fresh, names.SNAPSHOTS, saved, headers=headers)
    eyes = Eyes(known, board)
    try:
        look = eyes.sample()
    finally:
        eyes.close()
    assert look.lags["books"] == 3
    assert {symbol: row["now"] for symbol, row in board.books.items()} == {"A/USDT": 1, "B/USDT": 1}
    told = as_json(board)["B/USDT"]
    assert told["venues"]["okx"]["state"] == "ok"
    assert 0 <= told["quiet"] < 60


def test_settings_of_long_ago_are_seen(fresh: Settings, board: Board) -> None:
    row = ControlState(key="paper:stopped", account="paper", setting="stopped", value="true")
    publish(fresh, names.STATE, row)
    late = Eyes(fresh, board)
    try:
        late.catch_up()
    finally:
        late.close()
    assert board.halted("paper") == "by hand"


def test_a_key_s_records_are_those_of_the_whole_topic(fresh: Settings) -> None:
    rows = [signal(key, seq) for seq in range(50) for key in MARKETS]
    publish(fresh, names.SIGNALS, *rows, *rows[:20])
    published = Published(fresh)
    for key in MARKETS:
        whole = [
            bytes(message.value() or b"") for message in read_all(fresh, names.SIGNALS)
            if message.key() == key.encode()
        ]  # fmt: skip
        assert [value for _, value in published.of(names.SIGNALS, key)] == whole[:50]
        assert len(whole) >= 50
    assert len(list(published.of_all(names.SIGNALS))) == len(rows)
