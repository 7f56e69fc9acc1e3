"""market.raw -> market.ticks, market.bars: frames to events, a book and bars."""

from __future__ import annotations

from typing import Any

from engine.stage import Cell
from engine.ticks import TicksSettings, TicksStage
from topics.app import make_app
from topics.settings import settings
from topics.worker import Worker

app = make_app("ticks")
worker = Worker(app, settings(), TicksStage(settings().of("ticks", TicksSettings)), Cell)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="ticks", concurrency=1)
async def ticks(stream: Any) -> None:
    """Each raw record gives one ticks record and a record for each bar that it closed."""
    await worker.run(stream)
