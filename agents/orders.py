"""trading.decisions -> trading.orders: what each account does about a decision."""

from __future__ import annotations

from typing import Any

from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskSettings
from engine.stage import Cell
from topics.app import make_app
from topics.leased import Leased
from topics.settings import settings

app = make_app("orders")
stage = OrdersStage(settings().accounts, settings().of("risk", RiskSettings))
worker = Leased(
    app,
    settings(),
    stage,
    Cell,
    standing=settings().accounts,
    broadcast=frozenset((stage.main, *stage.sides)),
    redo=Rerun,
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="orders", concurrency=1)
async def orders(stream: Any) -> None:
    """Each decision gives one record an account: approved, refused or held."""
    await worker.run(stream)
