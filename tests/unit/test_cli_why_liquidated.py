"""A position that the venue took over, from the liquidation back to the frames of its entry."""

from __future__ import annotations

from collections import deque
from io import StringIO

import pytest
from rich.console import Console

from gateway.proof.comparison import Verdict
from gateway.proof.explanation import explanation
from gateway.proof.finding import find
from gateway.proof.recompute import recompute
from schemas import names
from schemas.record import Record
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, Status
from tests.unit.small_desk import SECOND, SETTINGS, SmallDesk, Story, Topics

THIN = SETTINGS.model_copy(update={
    "strategies": {}, "execution": {"margin": "isolated"},
    "risk": {"leverage": 20},
})  # fmt: skip


class ThinDesk(SmallDesk):
    """Positions of 20 times are liquidated once they are 0.004 % down."""

    def take(self, topic: str, record: Record) -> None:
        if topic == names.INSTRUMENTS:
            record = record.model_copy(update={"maintenance": "0.04996"})
        super().take(topic, record)


class Liquidated(Story):
    """A person buys at the market."""

    def __init__(self) -> None:
        super().__init__(THIN)
        self.desk = ThinDesk(THIN)
        self.steps = deque([(4, self._buy)])


@pytest.fixture(scope="module")
def played() -> Topics:
    return Liquidated().play(60 * SECOND)


def test_why_of_a_liquidation_leads_to_its_entry(played: Topics) -> None:
    entries = [row for _, row in played.rows if isinstance(row, JournalEntry)]
    made = [row for row in entries if row.order_seq < 0][-1]
    assert made.statuses[0].reason is Reason.LIQUIDATED
    fills = [row for _, row in played.rows if isinstance(row, Status) and row.type == "fill"]
    traded = {row.client_order_id for row in fills}
    chain = find(made.key, played)
    assert chain.parent is not None
    assert {made.key, chain.parent.key} <= traded
    assert recompute(chain, THIN, played).identical
    assert chain.misnamed() == []
    page = Console(width=400, record=True, file=StringIO())
    page.print(explanation(chain, Verdict(), [], False))
    told = page.export_text()
    assert "liquidates the position of" in told
    assert f"liquidation of {chain.parent.key}" in told
