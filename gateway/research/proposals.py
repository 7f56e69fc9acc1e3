"""Strategies by a language model: asked once, in a process that has its key, and kept.

    DIR/proposals.json      the call as ai.advice has calls: provider, model, prompt's version and
                            hash, parameters, whole reply, tokens, cost, latency

The same question in the same directory is not asked again: its reply is there.
"""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import orjson
from pydantic import ValidationError

from engine.advice.prompts import Prompt
from engine.advice.section import AdviceSettings
from engine.indicators import rounded
from engine.research.course import Fixed
from engine.research.evolution import parameters
from engine.research.proposing import TEMPLATE, Wanted, prompt, read, schema
from engine.research.record import digest_of
from engine.research.splits import Window
from engine.signals import SignalSettings
from gateway.research.candidates import NoCandidate
from gateway.research.generating import Generating, Proposals
from gateway.research.source import CandleFiles, Source
from gateway.terminal.span import time_text
from schemas.advice import Call
from topics.settings import Settings, misconfigured

FILE = "proposals.json"
MODULE = "agents.advising.proposing"


def proposed(asked: Generating, known: Settings, train: Window, tested: int) -> Proposals:
    """What a model proposes. tested: ns, the first test span's beginning: who has learnt from what
    came after it may know how it ends."""
    section = _section(known)
    name = _advisor(asked.origin, section)
    wanted = Wanted(
        market=", ".join(asked.markets) or "any",
        interval=known.of("signals", SignalSettings).interval,
        present=known.strategies.get(asked.strategy),
        summary=summary(asked.source, train),
        number=asked.size,
    )
    question = prompt(wanted)
    call = _called(asked.directory / FILE, name, question, section.advisors[name].model)
    if call.fault is not None:
        raise NoCandidate(f"{name} gave no reply ({call.fault.value}): try again later")
    found, faults = read(call.reply)
    if not found:
        raise NoCandidate(f"nothing that {name} proposed is a strategy: {'; '.join(faults[:3])}")
    maker = {
        **call.model_dump(mode="json", exclude={"reply"}), "advisor": name,
        "reply": digest_of(call.reply), "left_out": list(faults),
    }  # fmt: skip
    rows = [parameters(each) for each in found]
    return Proposals("llm", Fixed(rows), len(rows), maker, tainted(call, tested))


def tainted(call: Call, tested: int) -> str:
    """Why a model may know the test spans; "" where it cannot."""
    if call.cutoff is None:
        return (f"{call.model} states no knowledge cut-off: it may have learnt from the test spans"
                " (set `cutoff` of the advisor)")  # fmt: skip
    if call.cutoff > tested:
        return (f"{call.model} has learnt up to {time_text(call.cutoff)}, the test spans begin at "
                f"{time_text(tested)}")  # fmt: skip
    return ""


def summary(source: Source, train: Window) -> dict[str, Any]:
    """Of the candles of the train span; of recordings its length alone."""
    told: dict[str, Any] = {"seconds": (train.until - train.since) // 10**9}
    if not isinstance(source, CandleFiles):
        return told
    rows = [row for row in source.candles.rows if train.since <= row.time < train.until]
    closes = [float(row.close) for row in rows]
    moves = [math.log(b / a) * 1e4 for a, b in itertools.pairwise(closes)]
    if len(moves) < 3:
        return told
    mean, spread = fmean(moves), pstdev(moves)
    pairs = itertools.pairwise(moves)
    again = fmean((a - mean) * (b - mean) for a, b in pairs) / (spread**2 or 1.0)
    figures = {"mean_bps": mean, "deviation_bps": spread, "autocorrelation": again,
               "first_close": closes[0], "last_close": closes[-1],
               "highest": max(closes), "lowest": min(closes)}  # fmt: skip
    return {**told, "bars": len(rows), **{name: rounded(each) for name, each in figures.items()}}


def _section(known: Settings) -> AdviceSettings:
    try:
        return AdviceSettings.model_validate(known.advice)
    except ValidationError as error:
        misconfigured(error, "advice.")


def _advisor(origin: str, section: AdviceSettings) -> str:
    """Whom to ask: the one that is named, or the only one there is."""
    name = origin.partition(":")[2]
    known = sorted(section.advisors)
    if not name and len(known) == 1:
        return known[0]
    if name in known:
        return name
    told = ", ".join(known) or "none: name one in [advice.advisors.NAME]"
    raise NoCandidate(f"--from llm:NAME names the advisor to ask: there are {told}")


def _called(file: Path, name: str, question: Prompt, model: str) -> Call:
    """The call that is kept, if it is of this question; else a new one, which is kept."""
    if file.is_file():
        try:
            kept = Call.model_validate_json(file.read_bytes())
        except ValidationError:
            raise NoCandidate(f"{file} cannot be read: move it away") from None
        if (kept.asked, kept.model) == (question.asked, model) and kept.fault is None:
            return kept
    made = _asked(name, question)
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(made.model_dump_json(indent=2))
    new.replace(file)
    return made


def _asked(name: str, question: Prompt) -> Call:
    """By a process: the provider's key is never in this one."""
    given = {
        "advisor": name, "role": question.role, "template": TEMPLATE.model_dump(),
        "system": question.system, "user": question.user, "form": question.form,
        "schema": schema(),
    }  # fmt: skip
    command = [sys.executable, "-m", MODULE]
    done = subprocess.run(command, input=orjson.dumps(given), capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise NoCandidate(lines[-1] if lines else f"{MODULE} ended without a word")
    return Call.model_validate_json(done.stdout)
