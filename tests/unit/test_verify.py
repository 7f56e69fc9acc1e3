"""`tapeline verify` on a run held in memory: every derived byte, and each that is not as made."""

from __future__ import annotations

from typing import Any

import pytest

from engine.books import BooksSettings, BooksStage
from engine.stage import Cell, Output
from gateway.proof.books import books
from gateway.proof.comparison import Different, Verdict
from gateway.proof.finding import find
from gateway.proof.recompute import recompute
from gateway.proof.sweep import Lane
from gateway.proof.verifying import Verification
from schemas import names
from schemas.commands import ControlState
from schemas.record import Record
from schemas.signals import ConsolidatedBook
from schemas.statuses import JournalEntry
from schemas.system import DeadLetter
from tests.recorded import long
from tests.unit.consolidating import SYMBOL as SPOT
from tests.unit.consolidating import ticks
from tests.unit.small_desk import ACCOUNT, BTC, SECOND, SETTINGS, SYMBOL, Story, Topics
from topics import BY_NAME

SPAN = long(40, 24) * SECOND
BOOKS = BooksSettings(symbols=(SPOT,), levels=7)
BOOK = ConsolidatedBook(symbol="FORGED/USDT")


@pytest.fixture(scope="module")
def played() -> Topics:
    return Story().play(SPAN)


@pytest.fixture(scope="module")
def short() -> Topics:
    """A run of the first seconds."""
    return Story().play(6 * SECOND)


def differences(topics: Topics) -> list[str]:
    return Verification(SETTINGS, topics).run().differences


def test_a_whole_run_comes_out_again(played: Topics) -> None:
    found = Verification(SETTINGS, played).run()
    assert (found.differences, found.markets, found.accounts) == ([], 1, 1)
    derived = {
        names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS, names.ORDERS, names.JOURNAL,
        names.STATUSES, names.PORTFOLIO, names.STATE,
    }  # fmt: skip
    published = {
        topic: sum(1 for at, _ in played.rows if at == topic) for topic in {*derived, names.RAW}
    }
    assert {topic: found.same[topic] for topic in derived} == {
        topic: published[topic] for topic in derived
    }
    assert min(published.values()) > 0


@pytest.mark.parametrize(
    ("topic", "key", "fields", "named"),
    [
        (names.TICKS, BTC, {"symbol": "BTC/EUR"}, "symbol"),
        (names.BARS, BTC, {"interval": "2s"}, "interval"),
        (names.SIGNALS, BTC, {"symbol": "BTC/EUR"}, "symbol"),
        (names.DECISIONS, BTC, {"symbol": "BTC/EUR"}, "symbol"),
        (names.ORDERS, f"{ACCOUNT}:{SYMBOL}", {"strategy": "other"}, "strategy"),
        (names.STATUSES, f"{ACCOUNT}:{SYMBOL}", {"mark": "1"}, "mark"),
        (names.PORTFOLIO, f"{ACCOUNT}:*", {"equity": "1"}, "equity"),
    ],
    ids=lambda each: str(each) if not isinstance(each, dict) else "",
)
def test_a_byte_that_is_another_is_named(
    played: Topics, topic: str, key: str, fields: dict[str, Any], named: str
) -> None:
    found = differences(played.changed(topic, key, 17, **fields))
    assert any(
        text.startswith(f"{topic} {key} seq 17: byte ") and f", {named}: published" in text
        for text in found
    )


@pytest.mark.parametrize("topic", [names.TICKS, names.SIGNALS, names.STATUSES])
def test_a_record_that_is_not_there_is_named(played: Topics, topic: str) -> None:
    last = max(row.seq for at, row in played.rows if at == topic)
    less = played.where(lambda at, row: at != topic or row.seq != last)
    (text, *_) = differences(less)
    assert text.startswith(topic)
    assert text.endswith(f"seq {last} is not published")


def test_a_record_that_nothing_makes_is_named(played: Topics) -> None:
    last = max(row.seq for at, row in played.rows if at == names.RAW)
    found = differences(played.where(lambda at, row: at != names.RAW or row.seq < last))
    assert any(f"{names.TICKS} {BTC} seq {last}: nothing makes it again" == text for text in found)


def test_a_market_whose_raw_records_are_gone_is_named(short: Topics) -> None:
    other = short.where(lambda at, row: row.key != BTC)
    for at, row in short.rows:
        if row.key == BTC:
            key = BTC if at == names.RAW else "binance:ETH/USDT:USDT"
            other.put(at, row.model_copy(update={"key": key}))
    found = differences(other)
    for topic in (names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS):
        assert f"{topic} binance:ETH/USDT:USDT: {names.RAW} holds nothing of it" in found


@pytest.mark.parametrize(
    ("topic", "key"),
    [
        (names.TICKS, "binance:FORGED/USDT"),
        (names.DECISIONS, "binance:FORGED/USDT"),
        (names.BOOKS, "FORGED/USDT"),
        (names.STATUSES, f"{ACCOUNT}:FORGED/USDT"),
        (names.PORTFOLIO, f"{ACCOUNT}:FORGED/USDT"),
        (names.PORTFOLIO, "ghost:*"),
        (names.STATE, f"{ACCOUNT}:forged"),
        (names.JOURNAL, "forged"),
    ],
)
def test_a_key_that_nothing_makes_is_named(short: Topics, topic: str, key: str) -> None:
    first = BOOK if topic == names.BOOKS else next(row for at, row in short.rows if at == topic)
    forged = short.where(lambda at, row: True)
    forged.put(topic, first.model_copy(update={"key": key, "seq": 0}))
    assert any(text.startswith(f"{topic} {key}: ") for text in differences(forged))


def test_what_the_desk_sets_for_itself_is_no_stranger(short: Topics) -> None:
    halted = short.where(lambda at, row: True)
    halted.put(names.STATE, ControlState(key=f"{ACCOUNT}:halt", seq=0, account=ACCOUNT,
                                         setting="halt", value="true", why="gave up"))  # fmt: skip
    assert differences(halted) == []


def test_a_beginning_that_is_gone_is_told(played: Topics) -> None:
    found = differences(played.where(lambda at, row: at != names.RAW or row.seq > 5))
    assert found == [f"{names.RAW} {BTC} begins at seq 6: the rest is gone"]


def test_what_compaction_took_away_is_no_difference(played: Topics) -> None:
    last = {(at, row.key): row.seq for at, row in played.rows}
    left = played.where(lambda at, row: not BY_NAME[at].compacted or row.seq == last[at, row.key])
    assert len(left.rows) < len(played.rows)
    assert differences(left) == []


class Deaf:
    """A cell that gave up on one record."""

    def __init__(self, cell: Cell[Any], seq: int) -> None:
        self.cell, self.seq = cell, seq

    def take(self, topic: str, record: Record) -> list[Output]:
        if record.seq != self.seq:
            return self.cell.take(topic, record)
        self.cell.skip(topic, record)
        return []


def test_a_record_that_a_stage_gave_up_on_gives_nothing() -> None:
    story = Story()
    deaf: Any = Deaf(story.desk.market[names.SIGNALS], 30)
    story.desk.takers[names.SIGNALS] = deaf
    played = story.play(10 * SECOND)
    assert any(text.startswith(names.DECISIONS) for text in differences(played))
    letter = DeadLetter(
        id="letter", key=BTC, stage="decisions", topic=names.SIGNALS, source_key=BTC, source_seq=30,
        reason="ended stage decisions 3 times: ValueError()", value="",
    )  # fmt: skip
    played.put(names.LETTERS, letter)
    assert differences(played) == []
    order = next(row for _, row in played.rows if isinstance(row, JournalEntry))
    chain = find(order.command.client_order_id, played)
    assert recompute(chain, SETTINGS, played).identical


def test_a_partition_is_read_once_for_all_its_keys() -> None:
    rows = [(key, seq, b"%d" % seq) for seq in range(3) for key in "abc"]
    read: list[str] = []

    def records() -> Any:
        for row in rows:
            read.append(row[0])
            yield row

    lane = Lane(records())
    first, second = lane.of("b"), lane.of("a")
    assert next(first) == (0, b"0")
    assert read == ["a", "b"]
    assert [*second] == [(0, b"0"), (1, b"1"), (2, b"2")]
    assert [*first] == [(1, b"1"), (2, b"2")]
    assert lane.keys() == {"a", "b", "c"}
    assert len(read) == len(rows)
    assert [*lane.of("c")] == [(0, b"0"), (1, b"1"), (2, b"2")]


def consolidated() -> Topics:
    """Three venues' ticks and the book over them."""
    cell, found = Cell.fresh(BooksStage(BOOKS), SPOT), Topics()
    for record in ticks()[:1500]:
        found.put(names.TICKS, record)
        for made in cell.take(names.TICKS, record):
            found.put(made.topic, made.record)
    return found


def test_a_book_over_venues_comes_out_again_in_the_order_in_which_they_met() -> None:
    whole, verdict = consolidated(), Verdict()
    books(SPOT, BOOKS, whole, verdict)
    assert verdict.same[names.BOOKS] == 1500
    with pytest.raises(
        Different, match=r"market\.books BTC/USDT seq 700: byte .*, tick: published"
    ):
        books(SPOT, BOOKS, whole.changed(names.BOOKS, SPOT, 700, tick=1), Verdict())
    met = next(row for at, row in whole.rows if at == names.TICKS and row.seq == 200)
    with pytest.raises(Different, match="seq 200 is gone"):
        books(SPOT, BOOKS, whole.where(lambda at, row: row is not met), Verdict())
    last = whole.where(lambda at, row: at != names.BOOKS or row.seq < 1499)
    with pytest.raises(Different, match="nothing is published of"):
        books(SPOT, BOOKS, last, Verdict())
