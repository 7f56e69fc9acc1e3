"""The rates of [funding] (topics.funding) where a command begins."""

from __future__ import annotations

from gateway.terminal.output import Output
from topics.funding import scheduled
from topics.settings import Settings


def funded(known: Settings, output: Output) -> Settings:
    """The settings with the rates of their files in section [execution], where a study's identity
    has them; what is odd in them is told, and a file that cannot be read ends the process here."""
    found = known.rates
    if not found:
        return known
    for each in found.values():
        if each.note:
            output.note(each.note)
    execution = scheduled(known.execution, found)
    return known.model_copy(update={"execution": execution, "funding": {}})
