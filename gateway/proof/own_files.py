"""Whether the strategies' own files are those that a run was made with."""

from __future__ import annotations

from gateway.proof.published import Source
from schemas import names
from schemas.codec import decode
from schemas.system import SystemEvent
from topics.own import told
from topics.settings import Settings


def other_files(known: Settings, source: Source) -> list[str]:
    """What to say of each file that every stage was started with another content of; by kind.

    What a run was started with is on system.events; where nothing of it is left, nothing is said.
    """
    began = [decode(SystemEvent, value) for _, value in source.of_all(names.EVENTS)]
    ran = {each.facts["strategies"] for each in began if "strategies" in each.facts}
    files = {part for each in ran for part in each.split(", ")}
    return [
        f"{kind} is another file than in the run: its strategies may decide otherwise"
        for kind, each in known.own.items()
        if files and told({kind: each}) not in files
    ]
