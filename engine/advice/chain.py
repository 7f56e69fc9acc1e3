"""Roles that argue: each is asked in turn and sees what those before it have said.

The last one's reply is the chain's. A role that fails ends the chain: to go on without a voice that
the settings ask for would be another advisor than theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.advice.briefing import Briefing
from engine.advice.prompts import SAID, Prompt, Said, Template, prompt
from schemas.advice import AdviceFault

WIDEST = 4
"""Bytes of UTF-8 that a character takes at most."""


@dataclass(frozen=True, slots=True)
class Role:
    """One voice: its template, and which model of which provider speaks for it."""

    name: str
    template: Template
    provider: str
    model: str


@dataclass
class Chain:
    """One question on its way through the roles. schema: JSON Schema of a reply."""

    roles: Sequence[Role]
    briefing: Briefing
    schema: Any
    said: list[Said] = field(default_factory=list)
    fault: AdviceFault | None = None
    detail: str = ""

    @property
    def next(self) -> tuple[Role, Prompt] | None:
        """Who is to be asked, and with what; None when it is over."""
        if self.fault is not None or len(self.said) == len(self.roles):
            return None
        role = self.roles[len(self.said)]
        return role, prompt(role.name, role.template, self.schema, self.briefing, self.said)

    def replied(self, text: str) -> None:
        """The role that was asked has spoken."""
        self.said.append(Said(self.roles[len(self.said)].name, text))

    def failed(self, fault: AdviceFault, detail: str) -> None:
        """The role that was asked has given no reply."""
        self.fault, self.detail = fault, detail

    @property
    def verdict(self) -> str | None:
        """The last role's reply; None before it, and after a failure."""
        over = self.fault is None and len(self.said) == len(self.roles)
        return self.said[-1].text if over else None

    @property
    def sizes(self) -> list[tuple[Role, int]]:
        """Each role with the most bytes that its messages can have: all before it at their longest.
        A character that is shown takes no more than four bytes, escaped in JSON or not.
        """
        found = []
        for place, role in enumerate(self.roles):
            longest = [Said(each.name, "") for each in self.roles[:place]]
            empty = prompt(role.name, role.template, self.schema, self.briefing, longest).size
            found.append((role, empty + place * SAID * WIDEST))
        return found
