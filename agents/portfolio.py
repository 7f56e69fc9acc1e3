"""trading.statuses -> trading.portfolio: positions and what accounts are worth."""

from __future__ import annotations

from typing import Any

from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.stage import Cell
from topics.app import make_app
from topics.settings import settings
from topics.worker import Worker

app = make_app("portfolio")
worker = Worker(
    app, settings(), PortfolioStage(settings().of("portfolio", PortfolioSettings)), Cell
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="portfolio", concurrency=1)
async def portfolio(stream: Any) -> None:
    """Each status gives the position of its symbol and the account's worth."""
    await worker.run(stream)
