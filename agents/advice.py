"""trading.signals -> ai.advice: models that are asked beside the stream, and never waited for.

Each advisor of [advice] is asked on its markets now and then, one question at a time; what it says
is bounded by code and recorded whole. An answer is an input of the desk: nothing makes it again.
"""

from __future__ import annotations

import time
from typing import Any

from agents.advising.asking import Asking
from agents.advising.desk import Desk
from agents.advising.lines import CLOCK, lines
from agents.advising.sources import Sources
from agents.advising.station import Station
from engine.advice.section import AdviceSettings
from schemas.errors import TapelineError
from topics.app import make_app
from topics.seclusion import secluded
from topics.settings import refuse, settings

app = make_app("advice")
section = settings().of("advice", AdviceSettings)
if not section.advisors:
    refuse("nobody to ask: name an advisor in [advice.advisors.NAME]")
secluded()


def made(station: Station) -> Desk:
    """The desk that asks, speaking through the station."""
    sources = Sources(section.texts, station.event)
    try:
        found = lines(settings().home, section, lambda *told: desk.circuit(*told))
    except TapelineError as error:
        refuse(str(error))
    desk = Desk(Asking(section, found, CLOCK), station, section.ledger(), time.time_ns, sources)
    return desk


station = Station(app, settings(), section, made)


@app.agent(app.topic(*station.topics, value_type=bytes), name="advice", concurrency=1)
async def advice(stream: Any) -> None:
    """Signals are the occasions of questions; the rest is what a briefing tells."""
    await station.run(stream)
