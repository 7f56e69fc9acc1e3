"""`tapeline adopt`: what the gate has let through, into the settings; never unasked to live money.

Checked before anything is written: the record's hash, that the strategy is the one that was judged,
that the verdict let it through, that the desk is the one it was held against, and that no live
account would trade it unasked. The file before it is kept beside it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rich.text import Text

from engine.research.record import AdoptionRecord, NotSealed, digest_of, read
from engine.risk import RiskSettings
from gateway.research.parameters import problem
from gateway.research.toml_text import NotPut, block, put
from gateway.research.verdicts import strategies_of
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.settings import Settings, settings, settings_file


class NotAdopted(TapelineError):
    """A record that is not, or cannot be, adopted."""


def adopt(file: Path, live: bool, stale: bool, show: bool, output: Output) -> int:
    """Write the record's strategy into the settings file; `show`: print it only. live: also for
    live accounts; stale: although the desk is another one than it was held against."""
    record = _read(file)
    known, path = settings(), settings_file()
    _check(record, known, live, stale)
    by = f"{file.name} {record.digest}"
    section = block(record.strategy, record.candidate.section, by)
    if show:
        output.show(Text(section.rstrip(), no_wrap=True, overflow="ignore"))
    else:
        _write(path, record, by)
    told = {"strategy": record.strategy, "record": record.digest, "written": not show}
    if output.json:
        output.object({**told, "file": str(path), "section": section})
    elif not show:
        output.show(f"{record.strategy} is in {path}: it trades from the next start of the desk on")
    return 0


def _read(file: Path) -> AdoptionRecord:
    try:
        return read(file.read_bytes())
    except OSError as error:
        raise NotAdopted(f"{file} cannot be read: {error.strerror}") from None
    except NotSealed as error:
        raise NotAdopted(f"{file}: {error}") from None


def _check(record: AdoptionRecord, known: Settings, live: bool, stale: bool) -> None:
    """NotAdopted says which of the conditions does not hold."""
    if record.verdict != "adopted":
        raise NotAdopted(f"the gate has refused it: {'; '.join(record.reasons)}")
    if record.tainted:
        raise NotAdopted(f"the gate has refused it: {record.tainted}")
    name, section = record.strategy, record.candidate.section
    there = known.strategies.get(name)
    if there is not None and digest_of(there) == record.candidate.digest:
        raise NotAdopted(f"{name} is in the settings already, as it was judged")
    if record.present.get("settings") != digest_of(strategies_of(known)) and not stale:
        raise NotAdopted("the desk's settings are others than those it was held against: run "
                         "`tapeline generate` anew, or say --stale")  # fmt: skip
    made = known.model_copy(update={"strategies": {**known.strategies, name: section}})
    if (wrong := problem(made)) is not None:
        raise NotAdopted(f"{'.'.join(wrong[0])}: {wrong[1]}")
    trading = _live(known, name)
    if trading and not live:
        raise NotAdopted(f"the live account {trading[0]} would trade {name}: name its strategies "
                         f"in [risk.accounts.{trading[0]}], or say --live")  # fmt: skip


def _live(known: Settings, name: str) -> list[str]:
    """The live accounts that trade a strategy of this name."""
    risk = known.of("risk", RiskSettings)
    return [account for account in sorted(known.live) if risk.of(account).trades(name)]


def _write(path: Path, record: AdoptionRecord, by: str) -> None:
    """In place of the file, which stays as it was beside it."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    try:
        text = put(before, record.strategy, record.candidate.section, by)
    except NotPut as error:
        raise NotAdopted(f"{path}: {error}") from None
    if before:
        _placed(path.with_suffix(".before.toml"), before, path)
    _placed(path, text, path)


def _placed(path: Path, text: str, like: Path) -> None:
    """Wholly or not at all, and for those to read who may read `like`: it may hold passwords."""
    made = path.with_suffix(f".{os.getpid()}")
    if like.is_file():
        made.touch(0o600)
        shutil.copymode(like, made)
    made.write_text(text, encoding="utf-8")
    made.replace(path)
