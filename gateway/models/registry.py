"""`tapeline models promote|rollback|shadow|retire|history`: which version of a model is asked.

A selection is a command of a person on control.commands, so that a running desk takes it up and a
replay does so again, and a line of the model's history in the store.
"""

from __future__ import annotations

import getpass
from typing import Any

from rich.table import Table

from engine.learning.stored import stored as read
from engine.selection import Role
from gateway.control.asking import of_desk
from gateway.models.compare import Evidence
from gateway.models.proven import proven
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from schemas.commands import SelectModel
from schemas.errors import TapelineError
from topics.models.history import Entry, History
from topics.models.store import Store, Stored
from topics.settings import Settings, settings

ALL = Evidence()
"""What a running desk has recorded."""


class NotSelected(TapelineError):
    """A version that cannot be selected as it was asked."""


def promote(
    name: str, version: str, why: str, wait: float, output: Output, on: Evidence = ALL
) -> int:
    """Ask this version from now on; 0 where the desk, if one runs, has taken it. on: what it is
    proven by, where the settings want that."""
    known = settings()
    proof = proven(known, _sound(known, name, version), on, output)
    if proof:
        output.note(proof)
    return _champion("promote", name, version, why, wait, output, proof)


def rollback(name: str, why: str, wait: float, output: Output) -> int:
    """Ask the version that was asked before the present one."""
    before = _history(settings(), name).before()
    if before is None:
        raise NotSelected(f"nothing of {name} was promoted: `tapeline models promote` does")
    return _champion("rollback", name, before, why, wait, output)


def shadow(name: str, version: str, why: str, wait: float, output: Output) -> int:
    """Ask this version beside the one that counts, where a seat tries challengers."""
    known = settings()
    stored = _sound(known, name, version)
    if not known.bootstrap:
        raise NotSelected(known.homeless)
    return _told(known, "shadow", stored, "challenger", why, wait, output)


def retire(name: str, version: str, why: str, output: Output) -> int:
    """Never select this version again; its files stay, for runs that have asked it."""
    known = settings()
    store = known.models
    stored = store.load(name, version)
    if store.load(name).version == version:
        raise NotSelected(f"{name} {version} is asked: promote another one before it is retired")
    _history(known, name).append(_entry("retire", stored, why))
    output.note(f"{stored.title} is retired")
    return 0


def history(name: str, output: Output) -> int:
    """Every selection of a model, the oldest first."""
    entries = _history(settings(), name).entries()
    if output.json:
        output.lines([each.model_dump() for each in entries])
        return 0
    drawn = Table("time", "by", "what", "version", "digest", "before", "why")
    for each in entries:
        row = (time_text(each.at), each.by, each.did, each.version, each.digest[:8])
        drawn.add_row(*row, each.before, "; ".join(filter(None, (each.why, each.proof))))
    output.show(drawn)
    return 0


def _champion(
    did: str, name: str, version: str, why: str, wait: float, output: Output, proof: str = ""
) -> int:
    known = settings()
    stored = _sound(known, name, version)
    code = 0
    if known.bootstrap:
        code = _told(known, did, stored, "champion", why, wait, output, proof)
    else:
        _history(known, name).append(
            _entry(did, stored, why, known.models.load(name).version, proof)
        )
        output.note(
            "no desk runs: seats without a version ask it from the next start on; one that follows "
            f"hears it only while a desk runs: say `tapeline models promote {name} {version}` then"
        )
    if not code:
        known.models.promote(stored)
        output.note(f"{stored.title} is promoted")
    return code


def _told(
    known: Settings, did: str, stored: Stored, role: Role, why: str, wait: float, output: Output,
    proof: str = "",
) -> int:  # fmt: skip
    """Give the command; the history has it where the desk has taken it."""
    entry = _entry(did, stored, why, known.models.load(stored.name).version, proof)
    command = SelectModel(
        model=stored.name, role=role, version=stored.version, digest=stored.digest, why=why
    )
    if code := of_desk(command, output, wait):
        output.note(f"{stored.title} is not selected here: the desk has not said that it took it")
        return code
    _history(known, stored.name).append(entry)
    return 0


def _sound(known: Settings, name: str, version: str) -> Stored:
    """The version, its digest and its form checked."""
    if version in (gone := _history(known, name).retired()):
        left = [each for each in known.models.versions(name) if each not in gone]
        raise NotSelected(
            f"{name} {version} is retired: promote one of {', '.join(left) or 'none'}"
        )
    stored = known.models.load(name, version)
    read(stored.model)
    return stored


def _history(known: Settings, name: str) -> History:
    store: Store = known.models
    store.versions(name)  # a name that is none is told
    return History(store.folder / name)


def _entry(did: str, stored: Stored, why: str, before: str = "", proof: str = "") -> Entry:
    told: dict[str, Any] = {"version": stored.version, "digest": stored.digest, "before": before}
    return Entry.now(by=getpass.getuser(), did=did, why=why, proof=proof, **told)
