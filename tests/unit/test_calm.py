"""A calm account answers a quiet decision with one order for nothing, and nothing else changes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from itertools import chain
from typing import Any

import pytest

from engine.account import Pending
from engine.orders import OrdersStage
from engine.replay.calm import NONE, calm
from engine.replay.desk import Row
from engine.replay.poll import Quiet
from engine.replay.reel import Reel
from engine.replay.tape_desk import TapeDesk
from engine.stage import Cell
from gateway.backtests.backtest import listed
from gateway.backtests.stages import Stages
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.record import Record
from tests.unit.test_tape_desk import AGAIN, BREAKOUT, MOVING, TWO, people, tapes
from topics.settings import Settings


class Watched(Cell[Any]):
    """A cell of the orders stage that compares each step with what `calm` said of it."""

    def take(self, topic: str, record: Record) -> Any:
        """As the cell does."""
        quiet = isinstance(record, Decision) and calm(self, record)
        before = self.stage.dump(self.state)
        made = super().take(topic, record)
        if quiet:
            assert len(made) == 1
            assert isinstance(made[0].record, OrderDecision)
            answer = made[0].record
            assert answer.outcome == "held" or answer.reason in AGAIN
            SEEN[answer.outcome] += 1
            assert [each.topic for each in answer.reads] == [names.DECISIONS]
            assert self.stage.dump(self.state) == before
        SEEN[quiet] += isinstance(record, Decision)
        return made


SEEN: Counter[bool | str] = Counter()


class EachDecision(TapeDesk):
    """A desk whose accounts are asked about every decision."""

    def _cell(self, stage: Any, name: str) -> Cell[Any]:
        if isinstance(stage, OrdersStage) and not isinstance(
            self._cells[stage.name, name], Watched
        ):
            self._cells[stage.name, name] = Watched.fresh(stage, name)
        return super()._cell(stage, name)

    def _calm(self, decision: Decision) -> bool:
        return False

    def _quiet(self, reel: Reel) -> Quiet:
        return tuple([NONE for _ in super()._quiet(reel)])


@pytest.mark.parametrize(
    ("given", "first", "hands"),
    [(BREAKOUT, 0, True), (MOVING, 2500, False), (TWO, 2500, False)],
    ids=["people", "moving", "two accounts"],
)
def test_a_quiet_decision_changes_nothing_of_a_calm_account(
    given: dict[str, Any], first: int, hands: bool
) -> None:
    SEEN.clear()
    markets, settings = tapes(first, first + 2500), Settings(**given)
    asked: Sequence[Row] = [*people(int(markets[0].trades.seen_time[0]))] if hands else []
    desk = EachDecision(Stages.of(settings), settings.accounts, markets)
    deque(desk.run(chain(listed(settings), asked)), maxlen=0)
    assert not desk.letters
    assert SEEN[True] > 5
    assert SEEN["refused"] > 0
    assert SEEN[False] > 20


@pytest.mark.parametrize("does", ["open", "reduce"])
def test_an_exit_is_not_quiet_while_an_order_is_on_its_way(does: Any) -> None:
    settings = Settings(broker_url="nowhere:9")
    cell = Cell.fresh(Stages.of(settings).orders, settings.accounts[0])
    leave = Decision(
        key="x:A/B", seq=0, venue="x", symbol="A/B", strategy="main", verdict=Verdict.EXIT
    )
    assert calm(cell, leave)
    cell.state.pending["one"] = Pending("one", "x", "A/B", "buy", 1, does)
    assert not calm(cell, leave)
    made = cell.take(names.DECISIONS, leave)[0].record
    assert isinstance(made, OrderDecision)
    assert made.outcome == "refused"
