"""A trained policy: says at each bar what it would hold, knowing what it said before.

A policy is data (engine.learning.policy), trained by `tapeline models train-policy` on what its
actions earn, net of costs; how seats ask one: engine.strategies.asking. It says its side at every
bar at which it would hold one, and EXIT at every bar at which it would hold nothing, once it has
entered. Its confidence is its score's distance from the bound, which is no probability. Decisions
are free of any account, so it knows of its own words and not of what became of them: a stop that
was met, or an order that was refused, is nothing to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field

from engine.learning.model import BadModel
from engine.learning.policy import BOUND, Action, Actor, policy
from engine.learning.stored import is_policy
from engine.strategies import SIDES, Context, Judgment
from engine.strategies.asking import AskingJudge, AskingSettings, Held, Listener
from schemas.signals import Signal

WORDS = {1: "long", 0: "flat", -1: "short"}


class PolicySettings(AskingSettings):
    """Beside those of every seat that asks a stored model: stop_atr: distance of the stop in ATR,
    where the strategy takes its prices from votes."""

    stop_atr: float = Field(default=3.0, gt=0)

    def check(self, text: bytes) -> None:
        """As `actor` has it."""
        actor(text)


@dataclass
class Acting(Held):
    """way: what it would hold since the latest bar that it was asked at: 1, 0 or -1. bars: since
    that is so; stance: the side that it entered last."""

    way: int = 0


class Reading(NamedTuple):
    """What it does, having held `before`."""

    before: int
    action: Action


@lru_cache(maxsize=64)
def actor(text: bytes) -> Actor:
    """A policy's bytes ready to be asked, made once a process; BadModel where they are none."""
    if not is_policy(text):
        raise BadModel(
            "it is no policy: name one by `model`, as `tapeline models train-policy` makes it"
        )
    return Actor(policy(text))


class Hand:
    """A policy with the settings that it is asked under."""

    def __init__(self, settings: PolicySettings) -> None:
        self._actor = actor(settings.loaded.model)
        self.model, self.title = self._actor.model, settings.loaded.title
        self._listener = Listener(self.model, settings)

    def reading(
        self, signal: Signal, before: int | None, state: Acting
    ) -> tuple[Reading | None, str]:
        """What it does, None where it cannot be asked; and why it is not to be heeded, "" where it
        is. before: close of the bar before."""
        watched = state.watched
        x = self._listener.heard(signal, before, watched, lambda: self._actor.inputs(signal))
        if isinstance(x, str):
            return None, x
        failing = self._listener.watch(watched, x, signal)
        return Reading(state.way, self._actor.act(x, state.way)), failing

    def forecast(self, reading: Reading, signal: Signal) -> None:
        """It foretells nothing."""


class PolicyAdvisor(AskingJudge[PolicySettings, Acting, Hand, Reading]):
    """Asks its policy at each bar."""

    kind = "policy"
    settings_type, state_type = PolicySettings, Acting

    def speaking(self, settings: PolicySettings) -> Hand:
        """The policy with the settings that it is asked under."""
        return Hand(settings)

    def said(
        self, state: Acting, context: Context, voice: Hand, reading: Reading
    ) -> Judgment | None:
        """The side that it would hold, EXIT where it would hold none; nothing before the first."""
        before, (way, score, parts) = reading
        if way != before:
            state.way, state.bars = way, 0
        named = ", ".join(f"{name} {part:+.3f}" for name, part in parts)
        reasons = (
            f"{voice.title}: {WORDS[way]} by a score of {score:+.3f}, {WORDS[before]} before",
            *([f"score by {named}"] if named else []),
        )
        if way:
            return self.enter(state, context, SIDES[way], abs(score) / BOUND - 1, *reasons)
        return self.leave(*reasons) if state.stance is not None else None
