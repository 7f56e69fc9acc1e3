"""trading.signals -> trading.decisions: the strategies' verdicts on the market.

Where a strategy reads books over venues, every worker reads all of market.books beside its share of
the signals.
"""

from __future__ import annotations

from typing import Any

from engine.decisions import DecisionsRerun, DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from topics.app import make_app
from topics.cells import Scripted
from topics.settings import settings
from topics.worker import Worker

app = make_app("decisions")
stage = DecisionsStage(settings().sections(StrategySections).build())
worker = Worker(
    app,
    settings(),
    stage,
    Cell,
    broadcast=frozenset(stage.sides),
    scripted=Scripted(stage.readers, DecisionsRerun),
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="decisions", concurrency=1)
async def decisions(stream: Any) -> None:
    """Each signals record gives a decision a strategy, be it a hold or a refusal."""
    await worker.run(stream)
