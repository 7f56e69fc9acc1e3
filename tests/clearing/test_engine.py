"""The engine with money against its reference: random sessions, snapshots, journals, widths."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import cfunc

from engine.clearing.codes import MAX_MONEY, WALLET_WIDTH, Happening, Op, Why
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.clearing.engine import Clearing
from engine.clearing.kernel import SIGNATURE, folder_of_cache
from engine.clearing.money import long_share, rated, rated_up, share
from engine.compiling import cached
from engine.matching import codes as book
from engine.matching.codes import BUY, SELL, Command, Event
from engine.matching.engine import COMMANDS
from engine.matching.instrument import Instrument, TooWide
from engine.matching.words import digest
from tests.clearing.long import session
from tests.clearing.naive import Cleared
from tests.clearing.streams import (
    ACCOUNTS,
    INSTRUMENTS,
    MAX_ORDERS,
    TERMS,
    WIDE,
    ClearingStream,
)

SMALL = (Instrument(40, 220, 100), Instrument(40, 220, 100), Instrument(40, 220, 100))
BRACKETS = (Tier(3_000, 1_000_000, 50), Tier(60_000, 4_000_000, 20))
FEW = Terms(
    (
        Contract(Kind.SPOT, 0, 1, base=1, lot=2, maker=-90_000, taker=310_000),
        Contract(
            Kind.LINEAR, 0, 1, maker=70_000, taker=90_000, liquidation=600_000, interval=1,
            tiers=BRACKETS,
        ),
        Contract(
            Kind.INVERSE, 1, 9_973, maker=-10_000, taker=90_000, liquidation=600_000, interval=1,
            tiers=BRACKETS,
        ),
    ),
    2,
)  # fmt: skip


@pytest.mark.parametrize(("seed", "scale"), [(0, 1), (1, 1), (2, WIDE), (3, WIDE)])
def test_random_commands_give_the_same_events_states_and_money(seed: int, scale: int) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    session(2_000_000 + seed, 10_000, seen, scale)
    assert (scale == WIDE) == ((book.Happening.REJECTED, Why.WIDE) in seen)
    assert {*map(int, Happening)} <= {Happening.COVERED, *(happening for happening, _ in seen)}


accounts = st.integers(1, 4)
orders = st.builds(
    Command,
    op=st.sampled_from([*[book.Op.PLACE] * 8, book.Op.CANCEL, book.Op.AMEND, book.Op.REDUCE]),
    side=st.integers(0, 1),
    kind=st.sampled_from([*[book.Kind.LIMIT] * 4, book.Kind.MARKET]),
    flags=st.sampled_from([0, 0, 0, book.IOC, book.FOK, book.REDUCE_ONLY, book.CANCEL_BOTH]),
    symbol=st.integers(0, 2),
    order_id=st.integers(1, 12),
    account=accounts,
    price=st.sampled_from([0, 60, 80, 98, 99, 100, 101, 102, 120, 150]),
    quantity=st.sampled_from([1, 3, 20, 77, 300]),
    trigger=st.just(0),
    visible=st.just(0),
    trail=st.just(0),
)


def about(
    op: int, symbol: int, account: int = 0, quantity: int = 0, price: int = 0, kind: int = 0
) -> Command:
    """A command about money; a price of FUNDING is its time."""
    if op == Op.FUNDING:
        return Command(op, symbol=symbol, quantity=quantity, trigger=price)
    return Command(op, 0, kind, 0, symbol, 0, account, price, quantity)


assets, contracts = st.integers(0, 1), st.integers(1, 2)
anyone, amounts = st.integers(0, 4), st.sampled_from([1, 33, 500, 5_000])
leverages, rates = st.sampled_from([1, 3, 20, 50]), st.integers(-(10**7), 10**7)
money = st.one_of(
    st.builds(about, st.sampled_from([Op.DEPOSIT, Op.WITHDRAW]), assets, anyone, amounts),
    st.builds(about, st.just(Op.LEVERAGE), contracts, accounts, leverages),
    st.builds(about, st.just(Op.MARGIN_MODE), contracts, accounts, kind=st.integers(0, 1)),
    st.builds(about, st.just(Op.MARK), contracts, price=st.integers(60, 150)),
    st.builds(about, st.just(Op.FUNDING), contracts, quantity=rates, price=st.integers(1, 40)),
)
deposits = [
    Command(Op.DEPOSIT, symbol=asset, account=account, quantity=4_000)
    for asset in (0, 1)
    for account in (1, 2, 3, 4)
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(orders, orders, money), max_size=80), st.integers(0, 80))
def test_no_money_is_made_or_lost(commands: list[Command], stop: int) -> None:
    naive, engine = Cleared(SMALL, FEW, 5, 64), Clearing(SMALL, FEW, 5, 64)
    for number, command in enumerate([*deposits, *commands]):
        if number == stop:
            engine = Clearing.restored(engine.words())
        assert engine.submit(command) == naive.submit(command)
        for asset in (0, 1):
            assert naive.total(asset) == naive.deposited[asset]
        for symbol in (1, 2):
            assert sum(naive._held(account, symbol) for account in range(1, 5)) == 0
        assert all(held >= 0 for held in naive.held.values())
        assert min(naive.funds) >= 0
    assert engine.words() == naive.words()


def played(seed: int, count: int) -> tuple[Clearing, list[Command], list[Event]]:
    engine = Clearing(INSTRUMENTS, TERMS, ACCOUNTS, MAX_ORDERS)
    journal = list(ClearingStream(seed, jumps=12).commands(count))
    return engine, journal, [event for command in journal for event in engine.submit(command)]


def test_a_journal_gives_the_same_state_hash() -> None:
    first, journal, told = played(5, 6_000)
    again = Clearing(INSTRUMENTS, TERMS, ACCOUNTS, MAX_ORDERS)
    assert again.process(np.array(journal, COMMANDS)).tolist() == told
    assert digest(again.words()) == digest(first.words())
    again.submit(Command(Op.DEPOSIT, account=1, quantity=1))
    assert digest(again.words()) != digest(first.words())


def test_a_snapshot_goes_on_as_the_engine_does() -> None:
    engine, _, _ = played(6, 6_000)
    words = engine.words()
    again = Clearing.restored(words)
    assert again.words() == words
    rest = np.array(list(ClearingStream(7).commands(4_000)), COMMANDS)
    assert again.process(rest).tolist() == engine.process(rest).tolist()
    assert again.words() == engine.words()


@pytest.mark.parametrize("words", [[], [1, 0, 0, 1, 1], [3, 0, 0, 1, 1]])
def test_words_of_another_kind_are_refused(words: list[int]) -> None:
    with pytest.raises(ValueError, match="words"):
        Clearing.restored(words)


def test_a_sum_that_gets_too_wide_stops_the_engine() -> None:
    """Bought at 1, sold at 1,000, again and again: the house pays what the loser has not."""
    wide = Contract(Kind.LINEAR, 0, 1 << 28, tiers=(Tier(1 << 58, 0, 1_000),))
    engine = Clearing([Instrument(1, 1_000, 1)], Terms((wide,), 1), 3)
    lots = (1 << 30) // 1_000
    engine.submit(Command(Op.DEPOSIT, account=1, quantity=MAX_MONEY >> 1))

    def rob(times: int) -> None:
        for _ in range(times):
            rob_once()

    def rob_once() -> None:
        engine.submit(Command(Op.DEPOSIT, account=2, quantity=MAX_MONEY >> 8))
        for side, account, price in ((SELL, 2, 1), (BUY, 1, 1), (SELL, 1, 1_000)):
            engine.submit(Command(1, side, 0, 0, 0, 1 + side, account, price, lots))
        reducing = Command(1, BUY, 0, book.REDUCE_ONLY, 0, 9, 2, 1_000, lots)
        assert engine.submit(reducing)[0].happening == book.Happening.TRADE

    rob(5)
    with pytest.raises(TooWide, match="2\\^61"):
        rob(5)
    rows = np.array([Command(Op.DEPOSIT, account=1, quantity=1)], COMMANDS)
    with pytest.raises(TooWide):
        engine.process(rows)


widths = st.integers(1, WALLET_WIDTH)


@given(st.integers(-WALLET_WIDTH, WALLET_WIDTH), widths, widths)
def test_shares_are_exact(whole: int, one: int, two: int) -> None:
    part, of = sorted((one, two))
    exact = abs(whole) * part // of
    assert share(whole, part, of) == (exact if whole >= 0 else -exact)
    assert share(whole, 0, of) == 0
    assert long_share(abs(whole) % of, part, of) == abs(whole) % of * part // of


@given(st.integers(0, WALLET_WIDTH), st.integers(0, 10**8))
def test_rates_are_exact(value: int, rate: int) -> None:
    """By calling them from Python numba compiles them for int64."""
    assert rated(value, rate) == value * rate // 10**8
    assert rated_up(value, rate) == -(-value * rate // 10**8)


def test_where_nothing_can_be_cached_it_is_compiled_all_the_same() -> None:
    found: dict[str, object] = {}
    exec("def eighth(a, b, c, d, e, f, g): return a + g", found)
    made = cached(found["eighth"], SIGNATURE, folder_of_cache(), cfunc)  # type: ignore[arg-type]
    assert made.ctypes(1, 0, 0, 0, 0, 0, 2) == 3
    assert "clearing-" in folder_of_cache()


def test_the_book_alone_does_not_compile_the_money() -> None:
    code = (
        "import sys, engine.matching.engine, engine.clearing, engine.clearing.contract;"
        "sys.exit('engine.clearing.kernel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_events_have_room_where_many_are_liquidated_at_once() -> None:
    """3,000 longs at 20 times against one short; all of them end in one command."""
    count = 3_000
    terms = Terms((Contract(Kind.LINEAR, 0, 1, tiers=(Tier(1 << 40, 500_000, 20),)),), 1)
    engine = Clearing([Instrument(1, 300, 100)], terms, count + 2, 1 << 13)
    rows = [Command(Op.DEPOSIT, account=count + 1, quantity=10**9)]
    rows += [Command(Op.DEPOSIT, account=n, quantity=1_000) for n in range(1, count + 1)]
    rows += [Command(Op.LEVERAGE, account=n, quantity=20) for n in range(1, count + 1)]
    rows += [Command(1, SELL, 0, 0, 0, 1, count + 1, 100, 100 * count)]
    rows += [Command(1, BUY, 0, 0, 0, n + 1, n, 100, 100) for n in range(1, count + 1)]
    engine.process(np.array(rows, COMMANDS))
    told = engine.submit(Command(Op.MARK, price=80))
    ended = [event for event in told if event.happening == Happening.LIQUIDATED]
    assert len(ended) == count
    assert engine.wallets() == [(count + 1, 0, 10**9 + 1_000 * count, 0)]
