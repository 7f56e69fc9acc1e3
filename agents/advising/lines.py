"""The lines to the providers that the settings' advisors ask."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

from agents.advising.keys import key_of
from agents.advising.line import Clock, Line
from agents.advising.talkers import talker
from engine.advice.section import AdviceSettings
from engine.circuit import Change

CLOCK = Clock(time.monotonic_ns, asyncio.sleep, random.random)
"""Of this process."""


def lines(
    home: Path, section: AdviceSettings, told: Callable[[str, Change], None], clock: Clock = CLOCK
) -> dict[str, Line]:
    """By provider. Raises TapelineError where a key or a client is missing."""
    found = {}
    for name in section.used:
        provider = section.provider(name)
        client = talker(provider, key_of(home, section, name))
        found[name] = Line(name, provider, client, clock, told)
    return found
