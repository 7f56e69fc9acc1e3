"""Moments that are rare in a market, in the compiled depth desk and at the simulated venue."""

from __future__ import annotations

from typing import Any

import pytest

from engine.depth import layout as at
from engine.depth.desk import DepthRules
from schemas.ticks import BookState, Ticks
from tests.unit.depth_play import columns_of, commands, played, told, venue_said
from tests.unit.depth_tapes import EVERY, FIRST, side
from tests.unit.market_tape import Row, depth, quote, record, trade, whole

BUY, SELL, GTC = at.BUY, at.SELL, at.GTC
CALM = whole(side([(99, 3), (98, 2), (97, 4)]), side([(101, 3), (102, 2), (103, 4)]))


def bids(*levels: tuple[int, int]) -> Row:
    return depth(side([*levels]))


def asks(*levels: tuple[int, int]) -> Row:
    return depth((), side([*levels]))


def buy(price: int, quantity: int, kind: int = GTC, act: int = 0) -> tuple[int, ...]:
    return act, at.PLACE, BUY, price, quantity, kind


def sell(price: int, quantity: int, kind: int = GTC, act: int = 0) -> tuple[int, ...]:
    return act, at.PLACE, SELL, price, quantity, kind


CORNERS: dict[str, tuple[list[tuple[int, ...]], list[list[Row]], list[str]]] = {
    "a trade reaches two orders of one level": (
        [buy(99, 2), buy(99, 2)], [[trade("99", "6")], [trade("99", "5")]], ["maker", "maker"],
    ),
    "what a trade left after one order is not what the next is given": (
        [buy(99, 2), buy(98, 2), sell(101, 1)],
        [[bids((99, 0), (98, 1))], [trade("98", "4")], [trade("98", "9")]], ["maker", "maker"],
    ),
    "a trade counts whole for those behind": (
        [buy(99, 2), buy(99, 5, GTC, 1)],
        [[bids((99, 9))], [bids((99, 20))], [trade("99", "5")], [bids((99, 10))],
         [trade("99", "4")], [bids((99, 4))], [trade("99", "3")]], ["maker"],
    ),
    "cancelled beyond what is behind": (
        [buy(99, 2)], [[bids((99, 12))], [bids((99, 1))], [trade("99", "2")]], ["maker"],
    ),
    "an order out of sight has no known queue": (
        [buy(90, 2), sell(90, 9, GTC, 1)], [[], [], [], [trade("90", "3")]], ["taker"],
    ),
    "all or nothing, one short": ([buy(102, 6, at.FOK)], [[]], []),
    "all or nothing, just enough": ([buy(102, 5, at.FOK)], [[]], ["taker", "taker"]),
    "what was taken stays taken, and less where less is displayed": (
        [buy(101, 2, at.IOC), buy(101, 5, at.IOC, 1), buy(101, 5, at.IOC, 2),
         buy(101, 9, at.IOC, 3)],
        [[], [asks((101, 4))], [asks((101, 1))], [], [asks((101, 6))], []],
        ["taker", "taker", "taker"],
    ),
    "a level that fell to one less than was taken, and rose again": (
        [buy(101, 2, at.IOC), buy(101, 9, at.IOC, 3)],
        [[asks((101, 1))], [asks((101, 3))], [], []], ["taker", "taker"],
    ),
    "a market goes through both sides in order of arrival": (
        [sell(102, 1), buy(98, 1)], [[quote("95", "96")], [quote("104", "105")]],
        ["maker", "maker"],
    ),
    "two of one side by arrival, not by price": (
        [buy(97, 1), buy(98, 1)], [[quote("95", "96")]], ["maker", "maker"],
    ),
    "the better limit trades first, then the older": (
        [buy(97, 1), buy(98, 1), buy(98, 2)], [[bids((98, 0))], [trade("98", "2")]],
        ["maker", "maker"],
    ),
    "inside: it took all there was and trades with what is brought": (
        [buy(101, 5)], [[trade("100", "1")], [trade("101", "1")], [asks((101, 0))]],
        ["taker", "maker"],
    ),
    "own orders do not meet": (
        [sell(101, 2), buy(101, 4, GTC, 1), sell(100, 1, GTC, 2)], [[], [], []], ["taker"],
    ),
    "post-only is turned away by the book, and by an own order": (
        [buy(101, 1, at.POST_ONLY), buy(100, 1), sell(100, 1, at.POST_ONLY, 1)], [[], []], [],
    ),
    "a snapshot tells every level": (
        [buy(98, 2), buy(95, 1)],
        [[whole(side([(99, 1), (97, 2)]), side([(101, 1)]))], [trade("98", "1")]], ["maker"],
    ),
    "a snapshot that does not reach so far leaves an order where it is": (
        [buy(98, 2)], [[whole(side([(99, 1)]), side([(101, 1)]))], [trade("98", "3")]], ["maker"],
    ),
    "cancelled, and cancelled too late": (
        [buy(99, 1), (1, at.CANCEL, BUY, 0, 1, GTC), buy(98, 1, GTC, 2),
         (3, at.CANCEL, BUY, 0, 1, GTC)],
        [[], [], [quote("95", "96")], []], ["maker"],
    ),
    "nothing at all to take": (
        [buy(101, 1, at.MARKET), sell(99, 20, at.MARKET)], [[]], ["taker", "taker"],
    ),
}  # fmt: skip


def records(happens: list[list[Row]], step: int = EVERY) -> list[Ticks]:
    """One after another, the first after the first act's orders have arrived."""
    rows = [[CALM], *happens, [], [trade("1", "1", "buy")]]
    times = [FIRST, *(FIRST + EVERY + 6 + step * n for n in range(len(rows) - 1))]
    return [
        record(n, times[n], *each, book=BookState.OK) for n, each in enumerate(rows)
    ]  # fmt: skip


@pytest.mark.parametrize("model", [at.RISK_AVERSE, at.PROB_LOG, at.PROB_POWER])
@pytest.mark.parametrize("name", CORNERS)
def test_a_corner(name: str, model: int) -> None:
    script, happens, least = CORNERS[name]
    rules = DepthRules(latencies=(3,), feedback=8, model=model)
    tape = records(happens)
    columns = columns_of(tape)
    log = played(columns, rules, script, EVERY)
    said = told(columns, log)
    assert said == venue_said(columns, rules, commands(columns, log), tape)
    found = [each[-1] for each in said if each[1] == "filled"]
    assert found[: len(least)] == least


@pytest.mark.parametrize("model", [at.RISK_AVERSE, at.PROB_LOG, at.PROB_POWER])
def test_a_snapshot_after_a_gap_tells_the_levels_that_it_has(model: int) -> None:
    anew = whole(side([(99, 1), (97, 2)]), side([(101, 1)]))
    tape = [
        record(0, FIRST, CALM), record(1, FIRST + 16, trade("200")),
        record(2, FIRST + 26, bids((99, 2)), book=BookState.GAPPED), record(3, FIRST + 36, anew),
        record(4, FIRST + 46, trade("99", "2")), record(5, FIRST + 66, trade("98", "2")),
        record(6, FIRST + 76),
    ]  # fmt: skip
    columns, rules = columns_of(tape), DepthRules((3,), model=model)
    log = played(columns, rules, [buy(99, 1), buy(98, 1)], EVERY)
    said = told(columns, log)
    assert said == venue_said(columns, rules, commands(columns, log), tape)
    assert next(each[0] - FIRST for each in said if each[1] == "filled") == 46


def test_a_command_comes_after_the_rows_of_its_own_time() -> None:
    tape = [record(0, FIRST, CALM), record(1, FIRST + EVERY + 3, asks((101, 1))),
            record(2, FIRST + 30, trade("50", "1", "buy"))]  # fmt: skip
    columns = columns_of(tape)
    rules: Any = DepthRules(latencies=(3,))
    log = played(columns, rules, [buy(101, 3, at.IOC)], EVERY)
    assert log.fills[:, at.E_QUANTITY].tolist() == [1]
    assert told(columns, log) == venue_said(columns, rules, commands(columns, log), tape)


def test_a_cancel_that_comes_too_late_is_told() -> None:
    script, happens, _ = CORNERS["cancelled, and cancelled too late"]
    log = played(columns_of(records(happens)), DepthRules((3,), 8), script, EVERY)
    whys = log.events[:, [at.E_KIND, at.E_WHY]].tolist()
    assert [at.REJECTED, at.UNKNOWN_ORDER] in whys
    assert [at.DONE, at.ASKED] in whys


@pytest.mark.parametrize("most", [1, 3])
def test_there_is_room_for_so_many_orders(most: int) -> None:
    columns = columns_of(records([[]]))
    log = played(columns, DepthRules(most=most), [buy(97, 1)] * 5, EVERY)
    assert len(log.commands) == most
