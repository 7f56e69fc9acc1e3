"""The declared advisor: judges by a declaration, whoever wrote it (engine.strategies.declaration).

    [strategies.swing.advisors.pullback]
    kind = "declared"
    long = { all = ["ema_fast > ema_slow", "rsi crosses above 40"] }
    leave_long = "rsi > 70"
    stop_atr = 2

It speaks where a bar closes. A side whose condition is true is entered, unless the other side's is
true too; a condition to leave goes before an entry of the same side. An entry is said again at each
bar at which it holds, an exit until the next entry, so that an account that could not follow gets
another chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.strategies.advisor import opposite
from engine.strategies.conditions import Find, Truth, Value, truth
from engine.strategies.declaration import Declaration
from engine.strategies.judge import Judge, Stance
from engine.strategies.judgment import Context, Judgment
from engine.strategies.levels import levels
from engine.strategies.outlook import OutlookSettings
from engine.strategies.published import look, of_bars
from schemas.decisions import Verdict
from schemas.signals import Signal

WAYS = {"long": (Verdict.LONG, 1), "short": (Verdict.SHORT, -1)}


class DeclaredSettings(OutlookSettings, Declaration):
    """A declaration as an advisor of the settings."""


@dataclass
class Followed(Stance):
    """of: the declaration's digest. marks: of each comparison (Comparison.judge); past: of each
    value that is looked back on, its latest bars, oldest first. held: bars since the entry, None
    while out."""

    of: str = ""
    marks: list[int | None] = field(default_factory=list)
    past: dict[str, list[float | None]] = field(default_factory=dict)
    held: int | None = None


class DeclaredAdvisor(Judge[DeclaredSettings, Followed]):
    """Enters, leaves and sets its stop as it is declared."""

    kind = "declared"

    def __init__(self, settings: DeclaredSettings, name: str = "") -> None:
        super().__init__(settings, name)
        self._conditions = settings.conditions
        self._comparisons = settings.comparisons
        self._digest = settings.digest
        values = {each for atom in self._comparisons for each in atom.values}
        self._looks = {each.name: look(each.name) for each in values}
        self._back: dict[str, int] = {}
        for each in values:
            if each.over:
                self._back[each.name] = max(self._back.get(each.name, 0), each.bars)
        self.on_bars = all(map(of_bars, self._looks))

    def initial(self) -> Followed:
        """No bar yet."""
        back: dict[str, list[float | None]] = {name: [] for name in sorted(self._back)}
        return Followed(None, self._digest, [None] * len(self._comparisons), back)

    def load(self, data: Any) -> Followed:
        """The state that `dump` gave; of another declaration its side alone."""
        found = super().load(data)
        if found.of == self._digest:
            return found
        fresh = self.initial()
        fresh.stance = found.stance
        return fresh

    def opinion(self, state: Followed, context: Context) -> Judgment | None:
        """The side to enter on, EXIT, or None; each bar is taken in whatever is said."""
        if not context.signal.fresh:
            return None
        told = self._told(state, context.signal)
        if state.held is not None:
            state.held += 1
        if (exit_ := self._leaves(state, told)) is not None:
            state.held = None
            return self.leave(exit_)
        entries = [side for side in WAYS if told.get(side)]
        if len(entries) != 1:
            return None
        side, way = WAYS[entries[0]]
        if state.stance is not side or state.held is None:
            state.held = 0
        return self._entered(state, context, side, way, f"{entries[0]} as declared")

    def _told(self, state: Followed, signal: Signal) -> dict[str, Truth]:
        """What each condition comes to at this bar, which is kept for the next ones."""
        now = {name: each(signal) for name, each in self._looks.items()}
        find = _finder(now, state.past)
        judged: list[Truth] = []
        for place, atom in enumerate(self._comparisons):
            holds, state.marks[place] = atom.judge(atom.gap(find), state.marks[place])
            judged.append(holds)
        for name, bars in self._back.items():
            state.past[name] = [*state.past[name], now[name]][-bars:]
        rest = iter(judged)
        return {name: truth(each, rest) for name, each in self._conditions.items()}

    def _leaves(self, state: Followed, told: dict[str, Truth]) -> str | None:
        """Why it leaves the side that it is on, where it does."""
        if state.stance is None:
            return None
        side, other = state.stance.value, opposite(state.stance).value
        if told.get(f"leave_{side}"):
            return None if _only(told, other) else f"leave_{side} as declared"
        most, held = self.settings.most_bars, state.held
        lasted = most is not None and held is not None and held >= most
        return f"{held} bars are over" if lasted and not _only(told, other) else None

    def _entered(
        self, state: Followed, context: Context, side: Verdict, way: int, why: str
    ) -> Judgment:
        """The entry with its stop and target, from the close."""
        of, values = self.settings, context.signal.indicators
        close, atr = values.get("close"), values.get("atr")
        stop = _away(close, atr, of.stop_atr, of.stop_percent, -way)
        target = _away(close, atr, of.target_atr, of.target_percent, way)
        state.stance = side
        return Judgment(side, of.confidence, levels(side, context.signal, stop, target), (why,))


def _only(told: dict[str, Truth], side: str) -> bool:
    """Whether one side alone is to be entered."""
    return bool(told.get(side)) and sum(bool(told.get(each)) for each in WAYS) == 1


def _finder(now: dict[str, float | None], past: dict[str, list[float | None]]) -> Find:
    """What finds a value of this bar, or over those before it: None where one is not known."""

    def find(of: Value) -> float | None:
        if not of.over:
            return now[of.name]
        before = past[of.name]
        if len(before) < of.bars:
            return None
        if of.over == "before":
            return before[-of.bars]
        known = [each for each in before[-of.bars :] if each is not None]
        if len(known) < of.bars:
            return None
        return max(known) if of.over == "highest" else min(known)

    return find


def _away(
    close: float | None, atr: float | None, multiple: float | None, percent: float | None, way: int
) -> float | None:
    """A price so far from the close; None where it is not said, or not known."""
    if close is None:
        return None
    if percent is not None:
        return close * (1 + way * percent / 100)
    return None if multiple is None or atr is None else close + way * multiple * atr
