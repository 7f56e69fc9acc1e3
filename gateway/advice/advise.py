"""`tapeline advise`: one question to a language model by hand, with all that comes of it.

The question is put by a process of the advice stage's code (agents.advising.once), which alone may
open the provider's key. Nothing is published: decisions never see what is asked here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError
from rich.text import Text

from engine.advice.budget import Spending, added, of_calls
from engine.advice.section import AdviceSettings
from engine.advice.settings import AskedAdvisor
from gateway.advice.advise_market import of_desk, of_files
from gateway.advice.advise_view import briefed, prompts, replies
from gateway.running.broker import answers
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.advised import recent
from topics.settings import Settings, settings

ONCE = "agents.advising.once"
BY_HAND = "by-hand"
"""The advisor's name where --provider asks one that the settings do not name."""
HOUR = 3600.0


class NotAsked(TapelineError):
    """A question that cannot be put; the text says what to do."""


class Wanted(NamedTuple):
    """What was asked for; see gateway.terminal.advice_cli."""

    symbol: str
    files: tuple[Path, ...]
    advisor: str | None
    provider: str | None
    model: str | None
    dry: bool
    venue: str | None
    market: str | None


def advise(wanted: Wanted, output: Output) -> int:
    """Put the question and show what comes of it; 1 where the opinion is void."""
    known = settings()
    name, section = asked_of(wanted, known)
    advisor = section.advisors[name]
    if wanted.files:
        chosen = known.model_copy(update={"venue": wanted.venue or known.venue})
        market = of_files(wanted.symbol, wanted.files, chosen, wanted.market or known.market)
    else:
        market = of_desk(wanted.symbol, advisor.account, advisor.window, known, output)
    briefing = market.briefing(advisor.interval, advisor.window, advisor.account)
    assert briefing is not None  # the market has a signal
    told = put(
        {
            "advisor": name,
            "section": section.model_dump(mode="json"),
            "briefing": briefing.canonical,
            "spent": list(spent(known, bool(wanted.files)))[1:],
            "dry": wanted.dry,
        }
    )
    if not wanted.dry:
        told = {"sound": told["opinion"]["void"] is None, **told}
    if output.json:
        output.object(told)
    else:
        shown(told, wanted.dry, output)
    return 0 if wanted.dry else int(not told["sound"])


def asked_of(wanted: Wanted, known: Settings) -> tuple[str, AdviceSettings]:
    """The advisor's name, and the section with it."""
    section = known.of("advice", AdviceSettings)
    if wanted.provider:
        return BY_HAND, _by_hand(wanted, section)
    if wanted.advisor:
        if wanted.advisor not in section.advisors:
            there = ", ".join(sorted(section.advisors)) or "none"
            raise NotAsked(f"no advisor is called {wanted.advisor}; the settings have {there}")
        return wanted.advisor, section
    symbol = wanted.symbol if ":" in wanted.symbol.split("/")[0] else f"any:{wanted.symbol}"
    mine = section.asked(symbol) or tuple(section.advisors)
    if len(mine) != 1:
        ways = f"--advisor {'|'.join(mine)}" if mine else "--provider NAME --model MODEL"
        raise NotAsked(f"who is to be asked: {ways}")
    return mine[0], section


def _by_hand(wanted: Wanted, section: AdviceSettings) -> AdviceSettings:
    """The settings with an advisor of that provider and model; else as one of them asks it."""
    alike = (one for one in section.advisors.values() if one.provider == wanted.provider)
    before = next(alike, None)
    model = wanted.model or (before.model if before else None)
    if model is None:
        raise NotAsked(f"which model of {wanted.provider}: --model NAME")
    base: dict[str, Any] = {} if before is None else before.model_dump(exclude={"roles"})
    one = {**base, "provider": wanted.provider, "model": model, "markets": ("*",)}
    whole = {**section.model_dump(), "advisors": {BY_HAND: AskedAdvisor.model_validate(one)}}
    try:
        return AdviceSettings.model_validate(whole)
    except ValidationError as error:
        said = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise NotAsked(said.removeprefix("Value error, ")) from None


def spent(known: Settings, apart: bool) -> Spending:
    """What the desk's advisors have spent in the last hour; nothing where no desk is asked."""
    if apart or not answers(known):
        return Spending(0)
    rows, _ = recent(known, HOUR)
    return added(0, (of_calls(advice.calls, at) for at, advice in rows))


def put(question: dict[str, Any]) -> dict[str, Any]:
    """What the process that asks gives; NotAsked with its words where it does not."""
    done = subprocess.run(
        [sys.executable, "-m", ONCE], input=orjson.dumps(question), capture_output=True, check=False
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["it ended silently"]
        raise NotAsked(words[-1])
    told: dict[str, Any] = orjson.loads(done.stdout)
    return told


def shown(told: dict[str, Any], dry: bool, output: Output) -> None:
    """For people: what was shown, what was said, what counts of it."""
    for line in (*briefed(told), Text(), *(prompts(told) if dry else replies(told))):
        output.show(line)
    for note in told["notes"]:
        output.note(note)
