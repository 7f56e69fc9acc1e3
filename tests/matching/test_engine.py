"""The engine against the reference over random commands, and what only the engine has."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiling import cached
from engine.matching.codes import (
    EVENT_LAYOUT,
    FLAGS,
    MAX_ORDERS,
    MAX_PARTS,
    MAX_QUANTITY,
    Command,
    Happening,
    Kind,
    Op,
    Phase,
    Why,
)
from engine.matching.engine import COMMANDS, Matching
from engine.matching.instrument import Instrument, TooWide
from engine.matching.kernel import INTEGER, folder_of_cache
from engine.matching.words import digest
from tests.matching.long import session
from tests.matching.naive import Naive
from tests.matching.streams import ACCOUNTS, IDS, INSTRUMENTS, Stream
from tests.matching.streams import MAX_ORDERS as FEW

SMALL = Instrument(90, 110, 100)


@pytest.mark.parametrize("seed", range(3))
def test_random_commands_give_the_same_events_and_states(seed: int) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    session(1_000_000 + seed, 10_000, seen)
    assert {happening for happening, _ in seen} == set(map(int, Happening))


commands = st.builds(
    Command,
    op=st.sampled_from([*[Op.PLACE] * 6, *Op, 0, 9]),
    side=st.integers(0, 1),
    kind=st.sampled_from([*[Kind.LIMIT] * 4, *Kind]),
    flags=st.integers(0, FLAGS),
    symbol=st.sampled_from([*[0] * 12, 1]),
    order_id=st.integers(1, 12),
    account=st.integers(0, 2),
    price=st.sampled_from([0, 95, 98, 99, 100, 101, 102, 105, 110, 111]),
    quantity=st.sampled_from([1, 2, 3, 7, 20, 0, -3]),
    trigger=st.sampled_from([0, 0, 0, 96, 99, 101, 104]),
    visible=st.sampled_from([0, 0, 0, 1, 2]),
    trail=st.sampled_from([0, 0, 0, 1, 3]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(commands, max_size=40), st.integers(0, 40))
def test_any_commands_give_the_same_events_and_states(journal: list[Command], cut: int) -> None:
    naive, engine = Naive([SMALL], 3, 8), Matching([SMALL], 3, 8)
    for number, command in enumerate(journal):
        if number == cut:
            engine = Matching.restored(engine.words())
        assert engine.submit(command) == naive.submit(command)
        assert engine.words() == naive.words()


def played(seed: int, count: int) -> tuple[Matching, list[Command]]:
    engine, journal = Matching(INSTRUMENTS, ACCOUNTS, FEW), list(Stream(seed).commands(count))
    engine.process(np.array(journal, COMMANDS))
    return engine, journal


def test_a_journal_replays_to_the_same_hash() -> None:
    engine, journal = played(5, 4_000)
    again = Matching(INSTRUMENTS, ACCOUNTS, FEW)
    for command in journal:
        again.submit(command)
    assert digest(again.words()) == digest(engine.words())
    again.submit(Command(Op.POSITION, account=1, quantity=1 << 50))
    assert digest(again.words()) != digest(engine.words())


def test_a_snapshot_goes_on_as_the_engine_does() -> None:
    engine, _ = played(6, 4_000)
    words = engine.words()
    again = Matching.restored(words)
    assert again.words() == words
    rest = np.array(list(Stream(7).commands(4_000)), COMMANDS)
    assert again.process(rest).tolist() == engine.process(rest).tolist()
    assert again.words() == engine.words()


@pytest.mark.parametrize("words", [[], [2, 0, 0, 1, 1], [1, 0, 1]])
def test_words_of_another_kind_are_refused(words: list[int]) -> None:
    with pytest.raises(ValueError, match="words"):
        Matching.restored(words)


def test_the_size_of_a_batch_does_not_matter() -> None:
    _, journal = played(8, 3_000)
    rows = np.array(journal, COMMANDS)
    whole, parts = (Matching(INSTRUMENTS, ACCOUNTS, FEW) for _ in range(2))
    told = [row for at in range(0, 3_000, 7) for row in parts.process(rows[at : at + 7]).tolist()]
    assert told == whole.process(rows).tolist()


def test_what_is_bought_is_sold() -> None:
    engine, naive = Matching([SMALL], 4, 500), Naive([SMALL], 4, 500)
    stream = Stream(9)
    for number in range(3_000):
        command = stream.place()._replace(symbol=0, flags=0, account=1 + number % 3)
        assert engine.submit(command) == naive.submit(command)
    held = [engine.words()[-1 - 3 * n] for n in range(3)]
    assert any(held)
    assert sum(held) == 0


def test_room_for_events_and_cells_for_ids_grow() -> None:
    """50,000 orders, some of them icebergs, are met by one taker: its events need many rows."""
    count, iceberg = 50_000, 100
    engine = Matching([SMALL], 1, count)
    rows = np.zeros(count, COMMANDS)
    rows["op"], rows["side"], rows["price"], rows["quantity"] = Op.PLACE, 1, 101, MAX_PARTS
    rows["order_id"] = np.arange(1, count + 1) * (1 << 40)
    rows["visible"][:iceberg] = 1
    assert len(engine.process(rows)) == count
    full = engine.submit(Command(Op.PLACE, 1, order_id=1, quantity=1, price=101))
    assert [event.why for event in full] == [Why.FULL]
    shown = engine.submit(Command(Op.PLACE, 0, Kind.MARKET, order_id=1, quantity=MAX_QUANTITY))
    assert len(shown) == (count - iceberg) + iceberg * (2 * MAX_PARTS - 1) + 1
    assert shown[-1].quantity == MAX_QUANTITY - count * MAX_PARTS


def test_every_price_of_a_wide_ladder_is_found() -> None:
    """Orders far apart, so that each of the bitmaps is climbed in both directions."""
    wide = Instrument(1, 1 << 24, 1 << 23)
    engine, naive = Matching([wide], 1, 64), Naive([wide], 1, 64)
    gaps = [1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 262_143, 262_144, 262_145, 1 << 23, 1 << 24]
    for side in (0, 1):
        for number, price in enumerate(gaps, 1):
            command = Command(Op.PLACE, side, order_id=number, quantity=1, price=price)
            assert engine.submit(command) == naive.submit(command)
        taker = Command(Op.PLACE, 1 - side, Kind.MARKET, order_id=99, quantity=20)
        told = engine.submit(taker)
        assert told == naive.submit(taker)
        assert [event.price for event in told[:-1]] == sorted(gaps, reverse=side == 0)
    assert engine.words() == naive.words()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Instrument(1, (1 << 24) + 1, 100),
        lambda: Instrument(0, 10, 5),
        lambda: Instrument(1, 10, 11),
        lambda: Instrument(1, 10, 5, lot=0),
        lambda: Matching([SMALL], 1, MAX_ORDERS + 1),
        lambda: Matching([SMALL], 0),
        lambda: Matching([]),
        lambda: Matching([SMALL]).submit(Command(Op.PLACE, order_id=1 << 63)),
        lambda: Matching([SMALL]).submit(Command(256)),
    ],
)
def test_what_is_too_wide_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(TooWide):
        make()


def test_an_instrument_scales_eighteen_decimals_to_lots() -> None:
    coin = Instrument(1, 10**6, 60_000, tick=10**7, lot=10**13)
    assert coin.ticks(60_000 * 10**8) == 600_000
    assert coin.lots(3 * 10**18) == 300_000
    for price in (60_000 * 10**8 + 1, 10**20):
        with pytest.raises(TooWide):
            coin.ticks(price)
    for quantity in (1, 10**13 * (MAX_QUANTITY + 1)):
        with pytest.raises(TooWide):
            coin.lots(quantity)


def test_rows_are_a_line_of_the_cache() -> None:
    assert COMMANDS.itemsize == np.dtype(EVENT_LAYOUT).itemsize == 64


def test_a_market_that_opens_uncrossed_has_no_auction() -> None:
    engine = Matching([SMALL], 1, 8)
    told = engine.submit(Command(Op.PHASE, kind=Phase.OPEN))
    assert [event.happening for event in told] == [Happening.PHASE]


def test_the_package_itself_does_not_import_numba() -> None:
    code = (
        "import sys, engine.matching, engine.matching.instrument, engine.matching.words;"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_where_nothing_can_be_cached_it_is_compiled_all_the_same() -> None:
    """A function that has no file has no folder for its code either."""
    found: dict[str, Callable[..., int]] = {}
    exec("def one_more(number): return number + 1", found)
    made = cached(found["one_more"], INTEGER(INTEGER), folder_of_cache())
    assert made(1) == 2


def test_ids_are_few_enough_to_meet() -> None:
    assert FEW < IDS
