"""Advice as it was recorded, for a backtest: of a run's topic, of an archive, or of a file.

Nobody is asked: no network, no cost, and the same answers each time. What reads topics and archives
is loaded where one is named only: it takes time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from engine.advice.ledger import Ledger
from engine.decisions import DecisionsStage
from engine.replay.desk import Row
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.errors import Poison, TapelineError
from topics.settings import Settings, settings

if TYPE_CHECKING:
    from gateway.proof.published import Source

HOW = "name it by --advice FILE, DIR or RUN"


class NoAdvice(TapelineError):
    """What is named holds no advice that can be read."""


def recorded(where: str, known: Settings, run: str, output: Output) -> list[Advice]:
    """The advice in a file of JSON lines (as `tapeline topics --tail ai.advice --json` writes), in
    an archive's folder (of its run), or on the topics of that prefix; in order of time."""
    path = Path(where)
    if path.is_file():
        found = [*_in_time(_lines(path))]
    else:
        prefix = run if path.is_dir() else where
        chosen = known.model_copy(update={"prefix": prefix})
        with _opened(chosen, path if path.is_dir() else None, output) as source:
            found = of_source(source)
    if not found:
        raise NoAdvice(f"{where} holds no record of {names.ADVICE}: {HOW}")
    return found


def recalled(where: str | None, archive: tuple[Path, str] | None, output: Output) -> list[Advice]:
    """What a backtest is given: what is named, else what the archive that it plays has."""
    if where is not None:
        return recorded(where, settings(), archive[1] if archive else "", output)
    if archive is None:
        return []
    chosen = settings().model_copy(update={"prefix": archive[1]})
    with _opened(chosen, archive[0], output) as source:
        return of_source(source)


@contextmanager
def _opened(known: Settings, directory: Path | None, output: Output) -> Iterator[Source]:
    """A past run, of an archive's folder or of the topics."""
    from gateway.proof.source import sources
    from gateway.proof.sweep import Sweep

    with sources(known, directory, output, Sweep) as (_, source):
        yield source


def of_source(source: Source) -> list[Advice]:
    """All advice of a run, in order of time, each key's in its own order."""
    keys = sorted(source.keys(names.ADVICE))
    return [*_in_time(row for key in keys for row in _decoded(source.of(names.ADVICE, key)))]


def beside(rows: Iterator[Row], advice: Iterable[Advice]) -> Iterator[Row]:
    """A desk's inputs with the advice at its times."""
    told = ((names.ADVICE, each) for each in advice)
    return merge(rows, told, key=lambda row: row[1].seen_time)


def unanswered(stage: DecisionsStage, ledger: Ledger) -> Iterator[str]:
    """Advisors that strategies ask and of which nothing is recorded, in words."""
    for asked in stage.asking.values():
        for name, strategies in asked.items():
            found = ledger.advisors.get(name)
            if found is None or not found.answers:
                who = ", ".join(strategies)
                yield f"{name} has no recorded answer: silent throughout, for {who}; {HOW}"


def told(ledger: Ledger) -> Iterator[str]:
    """What each advisor has said, cost and caused, in a line."""
    for name, each in ledger.rows():
        if each.answers:
            void = ", ".join(f"{count} {fault}" for fault, count in sorted(each.void.items()))
            cost = f"{each.calls:,} calls, {each.tokens:,} tokens, {each.cost:f} USD"
            yield f"{name}: {each.answers:,} answers ({void or 'none'} void); {cost}"
        if each.heard:
            yield f"{name}: heard in {each.heard:,} decisions; {taint(each)}"


def taint(of: Any) -> str:
    """How many of an advisor's decisions are of a time that its model may remember."""
    if of.cutoff is None:
        return "its model states no knowledge cut-off, so none can be called untainted"
    until = time_text(of.cutoff)
    return f"{of.tainted:,} tainted, before its model's knowledge cut-off of {until}"


def _lines(path: Path) -> Iterator[Advice]:
    with path.open("rb") as file:
        for number, line in enumerate(filter(bytes.strip, file), start=1):
            try:
                value = orjson.loads(line)
                inner = value.get("value", value) if isinstance(value, dict) else value
                yield slim(decode(Advice, orjson.dumps(inner)))
            except (orjson.JSONDecodeError, Poison) as error:
                raise NoAdvice(f"{path} line {number} is no record of ai.advice: {error}") from None


def _decoded(values: Iterable[tuple[int, bytes]]) -> Iterator[Advice]:
    for _, value in values:
        try:
            yield slim(decode(Advice, value))
        except Poison:
            continue  # it has its letter: nobody has read it


def slim(row: Advice) -> Advice:
    """Without the texts of questions and replies, which no backtest reads."""
    calls = tuple(call.model_copy(update={"reply": ""}) for call in row.calls)
    return row.model_copy(update={"briefing": "", "calls": calls})


def _timed(rows: Iterable[Advice]) -> Iterator[tuple[int, Advice]]:
    """At the running maximum of their times: a key's own order stays."""
    now = 0
    for row in rows:
        now = max(now, row.seen_time)
        yield now, row


def _in_time(rows: Iterable[Advice]) -> Iterator[Advice]:
    """Each key's in its own order, all in order of time."""
    keys: dict[str, list[Advice]] = {}
    for row in rows:
        keys.setdefault(row.key, []).append(row)
    streams = [_timed(each) for _, each in sorted(keys.items())]
    return (row for _, row in merge(*streams, key=lambda each: each[0]))
