"""The commands of the matching bench are what it says they are."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clearing.codes import Why
from engine.matching.codes import IOC, Happening, Op
from tests.bench.commands import CASES, Case, Generator, Rows
from tests.bench.money import ACCOUNTS, MONEY_CASES, MoneyCase

COUNT = 60_000


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_commands_have_their_shares(case: Case) -> None:
    small = Case(case.name, case.symbols, 400, case.seed, case.orders)
    commands = Generator(small).commands(COUNT)
    place, op = commands["op"] == Op.PLACE, commands["op"]
    taking = place & (commands["flags"] & IOC != 0)
    shares = [place & ~taking, op == Op.CANCEL, taking, (op == Op.AMEND) | (op == Op.REDUCE)]
    found = [float(np.mean(each)) for each in shares]
    assert found == pytest.approx([0.60, 0.25, 0.10, 0.05], abs=0.015)
    assert set(commands["symbol"].tolist()) == set(range(case.symbols))


def test_the_same_seed_gives_the_same_commands() -> None:
    first, second = (Generator(CASES[0]).commands(5_000) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("case", MONEY_CASES, ids=lambda case: case.kind)
def test_with_money_the_same_orders_trade(case: MoneyCase) -> None:
    """No order lacks money, so the fills are those of the bare book."""
    commands, _ = case.commands(COUNT)
    assert set(commands["account"].tolist()) == set(range(1, ACCOUNTS + 1))
    told = case.engine().process(commands)
    assert not set(told["why"].tolist()) & {*map(int, Why)}
    bare = commands.copy()
    bare["account"] = 0
    expected = CASES[1].engine().process(bare)
    assert _trades(told) == _trades(expected)


def _trades(events: Rows) -> list[tuple[int, ...]]:
    rows = events[events["happening"] == Happening.TRADE]
    return rows[["order_id", "maker_id", "price", "quantity"]].tolist()  # type: ignore[no-any-return]
