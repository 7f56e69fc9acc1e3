"""The signals stage: each ticks record gives one signal; indicators move when a bar closes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.indicators import WARMING, IndicatorSettings, Window, indicate
from engine.scores import Scored, ScoreSettings, score
from engine.stage import Context, Draft
from schemas import names
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import Signal
from schemas.ticks import BarFields, Ticks


class SignalSettings(BaseModel):
    """interval: of the bars that the indicators are made of, as written in the bars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: str = "1s"
    indicators: IndicatorSettings = IndicatorSettings()
    scores: ScoreSettings = ScoreSettings()


@dataclass(slots=True)
class SignalState:
    """Bars of one market, the last trade's price, and the signal that they make.

    `carried` follows from the rest: it is made again on load.
    """

    key: str
    window: Window
    carried: Signal
    last: str | None = None


class SignalsStage:
    """market.ticks to trading.signals, one state a market (see `engine.stage.Stage`)."""

    name = "signals"
    main = names.TICKS

    def __init__(self, settings: SignalSettings) -> None:
        self.settings = settings
        self.sides: dict[str, type[Record]] = {}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """A market is a cell of its own."""
        return (key,)

    def initial(self, cell: str) -> SignalState:
        """No bar and no trade."""
        window = Window(self.settings.indicators.window)
        return SignalState(cell, window, self._carried(cell, window, None))

    def step(self, state: SignalState, record: Ticks, context: Context) -> list[Draft]:
        """One signal: new indicators where a bar of our interval closed, else the carried ones."""
        if record.trades.price:
            state.last = record.trades.price[-1]
        closed = [bar for bar in record.bars if bar.interval == self.settings.interval]
        if closed:
            self._close(state, closed)
        signal = state.carried.model_copy(
            update={
                "event_time": record.event_time,
                "tick": record.seq,
                "fresh": bool(closed),
                "book": record.book,
                "bid": record.bid,
                "ask": record.ask,
                "last": state.last,
            }
        )
        return [Draft(names.SIGNALS, state.key, signal)]

    def _close(self, state: SignalState, closed: list[BarFields]) -> None:
        for bar in closed:
            state.window.push(float(bar.high), float(bar.low), float(bar.close))
        state.carried = self._carried(state.key, state.window, closed[-1].close_time)

    def _carried(self, key: str, window: Window, bar_time: int | None) -> Signal:
        """The part of a signal that lasts until the next bar."""
        values = indicate(window, self.settings.indicators) if len(window) else dict(WARMING)
        scored: Scored = score(values, self.settings.scores)
        return Signal(
            venue=venue_of(key),
            symbol=symbol_of(key),
            bar_time=bar_time,
            indicators=values,
            scores=scored.scores,
            buy_score=scored.buy,
            sell_score=scored.sell,
            strength=scored.strength,
            action=scored.action,
        )

    def dump(self, state: SignalState) -> Any:
        """Bars, last price and time of the last bar as JSON values."""
        return {
            "key": state.key,
            "bars": state.window.dump(),
            "bar_time": state.carried.bar_time,
            "last": state.last,
        }

    def load(self, data: Any) -> SignalState:
        """The state that `dump` gave."""
        window = Window.load(self.settings.indicators.window, data["bars"])
        carried = self._carried(data["key"], window, data["bar_time"])
        return SignalState(data["key"], window, carried, data["last"])
