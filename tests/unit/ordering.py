"""An account that can be asked, and the rows that people and the portfolio put beside it."""

from __future__ import annotations

from typing import Any

from engine.orders import OrdersStage
from engine.risk import RiskLimits, RiskSettings
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.commands import ControlState
from schemas.decisions import Verdict
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.system import Snapshot
from tests.unit.trading import ACCOUNT, Input, decision, feed, opening, position

LIMITS = RiskLimits()


def account(*inputs: Input, limits: RiskLimits = LIMITS, equity: str = "10000") -> Cell[Any]:
    """A cell that may trade BTC and ETH and has taken `inputs`."""
    cell: Cell[Any] = Cell.fresh(OrdersStage((ACCOUNT,), limits), ACCOUNT)
    feed(cell, [*opening(equity), *inputs])
    return cell


def strategy(**settings: Any) -> RiskSettings:
    """The default limits with the settings of strategy "main"; those of the section: `risk`."""
    section = settings.pop("risk", {})
    return RiskSettings.model_validate({**section, "strategies": {"main": settings}})


def outputs(cell: Cell[Any], verdict: Verdict, seq: int = 0, **fields: Any) -> list[Output]:
    """All that the account makes of one decision."""
    return cell.take(names.DECISIONS, decision(seq, verdict, **fields))


def ask(cell: Cell[Any], verdict: Verdict, seq: int = 0, **fields: Any) -> OrderDecision:
    """The account's one answer to one decision."""
    (output,) = outputs(cell, verdict, seq, **fields)
    assert isinstance(output.record, OrderDecision)
    return output.record


def held(quantity: str, seq: int = 0, **fields: Any) -> Input:
    """A position of strategy "main" at a mark of 100."""
    return names.PORTFOLIO, position(seq, quantity, **{"mark": "100", "strategy": "main", **fields})


def money(seq: int, equity: str, **fields: Any) -> Input:
    """The account's own record."""
    record = Portfolio(
        seq=seq, key=f"{ACCOUNT}:*", type="account", account=ACCOUNT, equity=equity, **fields
    )
    return names.PORTFOLIO, record


def state(setting: str, value: str, seq: int = 0) -> Input:
    """A row of control.state."""
    row = ControlState(
        seq=seq, key=f"{ACCOUNT}:{setting}", account=ACCOUNT, setting=setting, value=value
    )
    return names.STATE, row


def restarted(cell: Cell[Any]) -> Cell[Any]:
    """The cell as its snapshot's bytes have it."""
    return Cell.restore(cell.stage, decode(Snapshot, encode(cell.snapshot())))


def figures(order: OrderDecision) -> dict[str, tuple[str, str, bool]]:
    """The record's checks by name."""
    return {check.name: (check.value, check.limit, check.passed) for check in order.checks}
