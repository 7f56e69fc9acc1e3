"""control.commands -> control.state: what people have set, for every stage to read."""

from __future__ import annotations

from typing import Any

from engine.control import ControlStage
from engine.stage import Cell
from topics.app import make_app
from topics.settings import settings
from topics.worker import Worker

app = make_app("control")
stage = ControlStage(settings().accounts)
worker = Worker(
    app,
    settings(),
    stage,
    Cell,
    standing=stage.cells,
    broadcast=frozenset((stage.main,)),
)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="control", concurrency=1)
async def control(stream: Any) -> None:
    """Each command gives its account at least one row: what it sets, or why it is refused."""
    await worker.run(stream)
