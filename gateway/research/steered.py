"""An advisor that says what it was told last: the seat that a learning policy acts from."""

from __future__ import annotations

from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance

SHORT, FLAT, LONG = 0, 1, 2
"""Actions, as an environment numbers them."""


class Steered(Judge[OutlookSettings, Stance]):
    """action: what it says where a bar has closed; nothing between."""

    kind = "steered"

    def __init__(self) -> None:
        super().__init__(OutlookSettings(kind=self.kind))
        self.action = FLAT

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        """The side of the action, as sure as can be, or EXIT."""
        if not context.signal.fresh:
            return None
        way = self.action - FLAT
        if not way:
            return self.leave("told to be flat")
        return self.enter(state, context, SIDES[way], 1.0, "told so")
