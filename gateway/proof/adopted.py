"""`tapeline why` of what a live account has taken over: when, what it was, what became of it since.

No command led to it, so there is nothing behind it to compute again: its ids are looked at, and
trading.statuses beside its journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from rich.text import Text
from rich.tree import Tree

from gateway.proof.chain import statuses_of
from gateway.proof.comparison import Different, Verdict
from gateway.proof.explanation import became, family, in_words
from gateway.proof.explanation_market import head
from gateway.proof.explanation_sends import as_json as sends
from gateway.proof.explanation_sends import sent
from gateway.proof.journalled import merged, misnamed, related, strange
from gateway.proof.published import Source
from gateway.proof.recorded import published
from gateway.terminal.span import time_text
from schemas import names
from schemas.codec import encode
from schemas.record import Record
from schemas.statuses import ADOPTED, ADOPTED_POSITION, JournalEntry, Status


def is_adopted(entry: JournalEntry) -> bool:
    """It was taken over. What protects it has its cause, and is an order of ours."""
    return entry.cause in (ADOPTED, ADOPTED_POSITION) and entry.command.parent is None


@dataclass(frozen=True)
class Adopted:
    """An entry, what became of it, its protection, and what was done to it later."""

    entry: JournalEntry
    statuses: tuple[Status, ...]
    guards: tuple[JournalEntry, ...]
    about: tuple[JournalEntry, ...]
    verdict: Verdict

    @classmethod
    def of(cls, entry: JournalEntry, source: Source) -> Adopted:
        """With all that the topics have of it."""
        name, command = entry.command.client_order_id, entry.command
        key = f"{command.account}:{command.symbol}"
        kin, verdict = related(name, source), Verdict()
        try:
            published(entry, source, verdict)
        except Different as different:
            verdict.difference = str(different)
        return cls(
            entry,
            merged(entry, statuses_of(source, key, name)),
            tuple(one for one in kin if one.command.parent == name),
            tuple(one for one in kin if name in one.command.orders),
            verdict,
        )

    def misnamed(self) -> list[str]:
        """Ids that do not follow from the order's and their number."""
        wrong = (id for one in (self.entry, *self.guards, *self.about) for id in misnamed(one))
        return [f"executor {id}" for id in (*wrong, *strange(self.entry, self.statuses))]

    def origin(self) -> str:
        """When it was taken over, and what it was."""
        taken = self.entry.sends[0]
        number = f", order {taken.number} of {self.entry.command.venue}" if taken.number else ""
        return f"{time_text(taken.answered or taken.at)}{number}: {taken.text}"

    def tree(self) -> Tree:
        """For people."""
        command, wrong = self.entry.command, self.misnamed()
        name = command.client_order_id
        root = Tree(Text(f"{name}: {in_words(command)} for {command.account}", "bold"))
        became(root.add(head("became", self.entry.state, self.entry)), self.statuses)
        later = self.entry.model_copy(update={"sends": self.entry.sends[1:]})
        sent(root, later, self.about)
        family(root, "protected by", f"{len(self.guards)} orders", self.guards)
        root.add(head("adopted", self.origin()))
        good = self.verdict.identical
        count = sum(self.verdict.recorded.values())
        told = f"different: {self.verdict.difference}" if not good else f"as journalled ({count})"
        root.add(Text(f"{names.STATUSES}: {told}", "green" if good else "bold red"))
        said = f"ids that do not follow: {', '.join(wrong)}" if wrong else "ids: each follows"
        root.add(Text(said, "bold red" if wrong else "green"))
        return root

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        taken = self.entry.sends[0]
        return {
            "order": self.entry.command.client_order_id,
            "identical": self.verdict.identical,
            "recomputed": {},
            "recorded": dict(self.verdict.recorded),
            "difference": self.verdict.difference,
            "misnamed": self.misnamed(),
            "adopted": {"at": taken.answered, "number": taken.number, "what": taken.text},
            "statuses": [*_json(self.statuses)],
            "journal": next(_json((self.entry,))),
            "sends": [*sends((self.entry, *self.about))],
            "guards": [*_json(self.guards)],
            "about": [*_json(self.about)],
        }


def _json(records: tuple[Record, ...]) -> Iterator[orjson.Fragment]:
    yield from (orjson.Fragment(encode(one)) for one in records)
