"""The requests that were made for a live order, and the venue's answers, as lines of its tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.text import Text
from rich.tree import Tree

from gateway.proof.explanation_market import head
from gateway.watching.view import clock
from schemas.statuses import JournalEntry, Send


def sent(tree: Tree, entry: JournalEntry, about: tuple[JournalEntry, ...]) -> None:
    """A line for each request, the newest first: the order's own, and those of the commands that
    changed or withdrew it.
    """
    rows = sends_of((entry, *about))
    if not rows:
        return
    found = tree.add(
        head("sent to the venue", f"{len(rows)} request{'' if len(rows) == 1 else 's'}")
    )
    for of, send in reversed(rows):
        color = "" if send.answer == "acknowledged" else "yellow"
        found.add(Text(f"{clock(send.at)} {in_words(send)}{_by(of, entry)}", color))


def sends_of(entries: Iterable[JournalEntry]) -> list[tuple[JournalEntry, Send]]:
    """Every request with the entry that it is of, in order."""
    rows = [(entry, send) for entry in entries for send in entry.sends]
    return sorted(rows, key=lambda row: row[1].at)


def as_json(entries: Iterable[JournalEntry]) -> Iterator[dict[str, Any]]:
    """The same for programs; order: client order id of the order or command."""
    for entry, send in sends_of(entries):
        yield {"order": entry.command.client_order_id, **send.model_dump(mode="json")}


def in_words(send: Send) -> str:
    """A request and its answer."""
    asked = f"{send.request} as {send.name}, epoch {send.epoch}"
    if send.answer is None:
        return f"{asked}: no answer so far"
    after = "" if send.answered is None else f" after {(send.answered - send.at) / 1e6:.1f} ms"
    number = f", number {send.number}" if send.number else ""
    text = f" ({send.text})" if send.text else ""
    return f"{asked}: {send.answer}{after}{number}{text}"


def _by(of: JournalEntry, entry: JournalEntry) -> str:
    """Which command of the executor's or of people's it was, where it was not the order itself."""
    return "" if of.key == entry.key else f", of this order by {of.command.action} {of.key}"
