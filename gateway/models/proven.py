"""A promotion by proof: refused unless the challenger is shown to be better, and has been tried.

    [registry]
    promote = "proven"      # default "person": whoever promotes answers for it
    outcomes = 500          # that a desk must have recorded of it in shadow, at least

A roll back needs no proof: it is what one does when something is wrong.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.models.compare import Evidence, held
from gateway.models.match import Compared, Match, NoMatch, of_records
from gateway.proof.source import sources
from gateway.proof.sweep import Sweep
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.models.store import Stored
from topics.settings import Settings


class NotProven(TapelineError):
    """A version that may not be promoted yet; its text names what is missing."""


class RegistrySettings(BaseModel):
    """See the module's text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    promote: Literal["person", "proven"] = "person"
    outcomes: int = Field(default=500, ge=0)


def proven(known: Settings, stored: Stored, on: Evidence, output: Output) -> str:
    """The proof in a line, "" where none is asked for; NotProven where something is missing."""
    rules = known.of("registry", RegistrySettings)
    champion = known.models.load(stored.name)
    if rules.promote == "person" or champion.digest == stored.digest:
        return ""
    match = Match(champion, stored, on.fee_bps, on.seed)
    said, missing = _better(match, on, known, output)
    tried = _tried(match, on, known, output)
    if tried < rules.outcomes:
        missing += (
            f"{tried:,} of {rules.outcomes:,} outcomes in shadow are on record: `tapeline models "
            f"shadow {stored.name} {stored.version}`, beside a seat of the champion that follows",
        )
    if missing:
        raise NotProven(f"{stored.title} is not promoted: {'; '.join(missing)}")
    return f"{said}; {tried:,} outcomes in shadow"


def _better(
    match: Match, on: Evidence, known: Settings, output: Output
) -> tuple[str, tuple[str, ...]]:
    """The comparison in words, and what it lacks."""
    try:
        found: Compared = held(match, on, known, output)
    except TapelineError as error:
        return "", (f"it is compared with nothing: {error}: name candles with --data",)
    said = f"{found.text}, on {found.outcomes:,} outcomes ({found.source})"
    return said, () if found.word == "better" else (said,)


def _tried(match: Match, on: Evidence, known: Settings, output: Output) -> int:
    """Outcomes that a desk has recorded of the challenger while it had no weight."""
    if on.archive is None and not known.bootstrap:
        return 0
    with sources(known, on.archive, output, Sweep) as (_, source):
        parts = of_records(match, source, shadow=True)
    try:
        return match.judged(parts, "recorded").outcomes
    except NoMatch:
        return 0
