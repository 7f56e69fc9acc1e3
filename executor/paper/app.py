"""The worker of the paper accounts."""

from __future__ import annotations

from typing import Any

from engine.execution import ExecutionSettings, ExecutionStage
from engine.stage import Cell
from executor.paper.intake import Intake
from topics.app import make_app
from topics.settings import settings

app = make_app("executor")
stage = ExecutionStage(settings().of("execution", ExecutionSettings))
worker = Intake(app, settings(), stage, Cell, standing=settings().paper)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="executor", concurrency=1)
async def execute(stream: Any) -> None:
    """Each command has one effect; what became of it is published."""
    await worker.run(stream)
