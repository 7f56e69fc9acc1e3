"""market.ticks -> trading.signals: indicators and scores."""

from __future__ import annotations

from typing import Any

from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from topics.app import make_app
from topics.settings import settings
from topics.worker import Worker

app = make_app("signals")
worker = Worker(app, settings(), SignalsStage(settings().of("signals", SignalSettings)), Cell)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="signals", concurrency=1)
async def signals(stream: Any) -> None:
    """Each ticks record gives one signals record."""
    await worker.run(stream)
