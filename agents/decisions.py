"""trading.signals -> trading.decisions: the strategies' verdicts on the market."""

from __future__ import annotations

from typing import Any

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from topics.app import make_app
from topics.settings import settings
from topics.worker import Worker

app = make_app("decisions")
worker = Worker(
    app, settings(), DecisionsStage(settings().sections(StrategySections).build()), Cell
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="decisions", concurrency=1)
async def decisions(stream: Any) -> None:
    """Each signals record gives a decision a strategy, be it a hold or a refusal."""
    await worker.run(stream)
