"""Whether the strategies' own files, their models and the files of funding rates are those that a
run was made with."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.system import SystemEvent
from topics.funding import told as told_rates
from topics.own import told
from topics.settings import Settings


def other_files(known: Settings, source: Source) -> list[str]:
    """What to say of each file that every stage was started with another content of; by kind.

    What a run was started with is on system.events; where nothing of it is left, nothing is said.
    """
    began = [decode(SystemEvent, value) for _, value in source.of_all(names.EVENTS)]
    ran = {each.facts["strategies"] for each in began if "strategies" in each.facts}
    files = {part for each in ran for part in each.split(", ")}
    return (
        other_models(known, began)
        + other_rates(known, began)
        + [
            f"{kind} is another file than in the run: its strategies may decide otherwise"
            for kind, each in known.own.items()
            if files and told({kind: each}) not in files
        ]
    )


def other_models(known: Settings, began: Sequence[SystemEvent]) -> list[str]:
    """What to say where the strategies' models are now others than every stage started with."""
    ran = {each.facts["models"] for each in began if "models" in each.facts}
    now = known.asked_models
    if not ran or now in ran:
        return []
    said = f"models are now {now or 'none'}, in the run they were {' and '.join(sorted(ran))}"
    return [f"{said}: its strategies may decide otherwise"]


def other_rates(known: Settings, began: Sequence[SystemEvent]) -> list[str]:
    """What to say where the rates of funding are now others than every stage started with."""
    ran = {each.facts["funding"] for each in began if "funding" in each.facts}
    now = told_rates(known.rates)
    if not ran or now in ran:
        return []
    then = " and ".join(sorted(ran))
    said = f"rates of funding are now {now or 'none'}, in the run they were {then}"
    return [f"{said}: its paper accounts may pay otherwise"]
