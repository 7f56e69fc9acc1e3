"""What an account waits for in a market is reckoned again whenever something of it has changed."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from engine.replay.desk import Delays
from engine.replay.passing import Reach, reach
from engine.replay.reel import Reel
from engine.replay.showing import Showing
from engine.replay.tape_desk import TapeDesk
from engine.stage import Cell
from gateway.backtests.backtest import listed
from gateway.backtests.stages import Stages
from tests.unit.test_tape_desk import BREAKOUT, MOVING, TWO, people, tapes
from topics.settings import Settings


class Checked(Showing):
    """Reckons each reach anew, beside the one that is known."""

    asked = 0

    def _reach(self, cell: Cell[Any], reel: Reel) -> Reach:
        found = super()._reach(cell, reel)
        market = cell.state.markets.get(reel.key)
        assert found == reach(cell.state, market, self._executor.venue, reel.spread)
        Checked.asked += 1
        return found


@pytest.mark.parametrize(
    ("given", "spread", "quantity"),
    [(BREAKOUT, 3, "0.004"), (MOVING, 1, "3"), (TWO, 1, "0.05")],
    ids=["people", "moving", "two accounts"],
)
def test_what_is_known_of_an_account_is_what_is_so(
    given: dict[str, Any], spread: int, quantity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.replay.tape_desk.Showing", Checked)
    Checked.asked = 0
    settings, markets = Settings(**given), tapes(2500, 5000, spread=spread, quantity=quantity)
    commands = [*people(int(markets[0].trades.seen_time[0]))] if given is BREAKOUT else []
    desk = TapeDesk(Stages.of(settings), settings.accounts, markets, Delays())
    made = sum(1 for _ in desk.run(chain(listed(settings), commands)))
    assert made > 100
    assert Checked.asked > 1000
