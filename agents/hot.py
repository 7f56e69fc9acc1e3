"""market.raw -> trading.orders in one worker: ticks, signals, decisions and orders fused.

Every topic between them is written just the same. For whoever needs latency more than isolation:

faust -A agents.hot worker -l info      # in place of agents.ticks, .signals, .decisions and .orders
"""

from __future__ import annotations

from typing import Any

from engine.decisions import DecisionsRerun, DecisionsStage
from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksSettings, TicksStage
from topics.app import make_app
from topics.cells import Scripted
from topics.line import AHEAD, Line
from topics.settings import settings

app = make_app("ticks", **AHEAD)  # of that group: what reads market.raw in its name
decisions = DecisionsStage(settings().sections(StrategySections).build())
line = Line(
    app,
    settings(),
    "hot",
    (
        TicksStage(settings().of("ticks", TicksSettings)),
        SignalsStage(settings().of("signals", SignalSettings)),
        decisions,
        OrdersStage(settings().accounts, settings().of("risk", RiskSettings)),
    ),
    Cell,
    standing=settings().accounts,
    redo=Rerun,
    scripted={decisions.name: Scripted(decisions.readers, DecisionsRerun)},
)


@app.agent(app.topic(*line.topics, value_type=bytes), name="hot", concurrency=1)
async def hot(stream: Any) -> None:
    """Each raw record gives a record of every stage."""
    await line.run(stream)
