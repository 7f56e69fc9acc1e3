"""An order that is worked in parts, from the person who asked for it to the fills and back."""

from __future__ import annotations

from collections import deque
from io import StringIO

import pytest
from rich.console import Console

from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict
from gateway.proof.explanation import explanation
from gateway.proof.finding import find
from gateway.proof.recompute import recompute
from gateway.proof.why import as_json
from schemas.commands import PlaceOrder
from schemas.orders import OrderType, TimeInForce
from schemas.portfolio import Portfolio
from schemas.statuses import JournalEntry, OrderState, Status
from tests.unit.small_desk import SECOND, SETTINGS, SYMBOL, Story, Topics

STOPPED = SETTINGS.model_copy(update={"strategies": {}})


class Iceberg(Story):
    """A person buys 0.01 in parts of 0.002 or so at the best bid; nobody else trades."""

    def __init__(self) -> None:
        super().__init__(STOPPED)
        self.steps = deque([(4, self.iceberg)])

    def iceberg(self) -> PlaceOrder:
        return self._buy(
            type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, price=self._away(0),
            visible="0.002", variance="0.4",
        )  # fmt: skip


@pytest.fixture(scope="module")
def played() -> Topics:
    return Iceberg().play(60 * SECOND)


def journalled(topics: Topics) -> dict[str, JournalEntry]:
    rows = (row for _, row in topics.rows if isinstance(row, JournalEntry))
    return {row.key: row for row in rows}


def order(topics: Topics) -> JournalEntry:
    (found,) = [row for row in journalled(topics).values() if row.command.style is not None]
    return found


def test_its_parts_trade_what_it_asked_for(played: Topics) -> None:
    whole = order(played)
    parts = [
        row for row in journalled(played).values()
        if row.command.parent == whole.key and row.command.role is None
    ]  # fmt: skip
    fills = [row for _, row in played.rows if isinstance(row, Status) and row.type == "fill"]
    assert whole.state is OrderState.FILLED
    assert {row.client_order_id for row in fills} == {part.key for part in parts}
    assert sum(float(row.quantity or 0) for row in fills) == pytest.approx(0.01)
    assert len(parts) > 3
    assert all(0.001 <= float(part.command.quantity) <= 0.003 for part in parts)


def test_the_account_knows_one_order(played: Topics) -> None:
    rows = [
        row for _, row in played.rows if isinstance(row, Portfolio) and row.key.endswith(SYMBOL)
    ]
    assert rows[-1].quantity == "0.01"
    assert {name for row in rows for name in row.finished} == {order(played).key}
    protection = {row.command.role for row in journalled(played).values() if row.command.role}
    assert protection == {"stop", "target"}


def test_why_leads_from_the_order_to_its_parts_and_from_a_part_to_its_order(
    played: Topics,
) -> None:
    chain = find(order(played).key, played)
    assert recompute(chain, STOPPED, played).identical
    assert chain.misnamed() == []
    text = shown(chain)
    assert "showing 0.002 at a time" in text
    assert f"worked in {len(chain.parts)} parts" in text
    assert all(part.key in text for part in chain.parts)
    assert len(as_json(chain, recompute(chain, STOPPED, played), [])["parts"]) == len(chain.parts)
    part = find(chain.parts[1].key, played)
    assert recompute(part, STOPPED, played).identical
    assert part.parent == order(played)
    assert part.request == chain.request
    assert f"part of {order(played).key}" in shown(part)
    assert "is a part of" in shown(part)


def shown(chain: Chain) -> str:
    console = Console(width=400, record=True, file=StringIO())
    console.print(explanation(chain, Verdict(), [], False))
    return console.export_text()
