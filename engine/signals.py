"""The signals stage: each ticks record gives one signal.

Indicators, scores and the features of bars move when a bar closes; microstructure with each record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine import features
from engine.features import FeatureSettings
from engine.indicators import WARMING, IndicatorSettings, Values, Window, indicate
from engine.microstructure import MicroSettings, Microstructure
from engine.scores import Scored, ScoreSettings, score
from engine.stage import Context, Draft
from schemas import names
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import Prices, Signal
from schemas.ticks import BarFields, Ticks


class SignalSettings(BaseModel):
    """interval: of the bars that the indicators are made of, as written in the bars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: str = Field(default="1s", pattern=r"^[1-9][0-9]*(s|m|h|d|t|ns)$")
    indicators: IndicatorSettings = IndicatorSettings()
    scores: ScoreSettings = ScoreSettings()
    micro: MicroSettings = MicroSettings()
    features: FeatureSettings = FeatureSettings()


@dataclass(slots=True)
class SignalState:
    """Bars of one market, its microstructure, the last trade's price, and the signal they make.

    `carried` follows from the bars: it is made again on load.
    """

    key: str
    window: Window
    carried: Signal
    micro: Microstructure
    last: str | None = None


class SignalsStage:
    """market.ticks to trading.signals, one state a market (see `engine.stage.Stage`)."""

    name = "signals"
    main = names.TICKS
    ignored = frozenset(("quotes", "fundings", "notices"))
    """Fields of the main record that are not looked at (schemas.codec.decode)."""

    def __init__(
        self, settings: SignalSettings, *, whole: bool = True, featured: bool = True
    ) -> None:
        self.settings, self.whole, self.featured = settings, whole, featured
        self._moment = features.moment_names(Microstructure(settings.micro).names)
        self.sides: dict[str, type[Record]] = {}

    def lean(self, featured: bool = False) -> SignalsStage:
        """The same stage for who knows the bars already, and sets what is `carried` of them before
        each step (engine.columns.signals). Its signals lack what only models and advisors of the
        moment read: microstructure and, unless they are to be `featured`, features and prices of
        bars.
        """
        return SignalsStage(self.settings, whole=False, featured=featured)

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """A market is a cell of its own."""
        return (key,)

    def initial(self, cell: str) -> SignalState:
        """No bar and no trade."""
        window = Window(self.settings.indicators.window)
        micro = Microstructure(self.settings.micro)
        return SignalState(cell, window, self._carried(cell, window, None), micro)

    def step(self, state: SignalState, record: Ticks, context: Context) -> list[Draft]:
        """One signal: new indicators where a bar of our interval closed, else the carried ones."""
        if record.trades.price:
            state.last = record.trades.price[-1]
        closed = [bar for bar in record.bars if bar.interval == self.settings.interval]
        if closed and self.whole:
            self._close(state, closed)
        told = self._moment_of(state, record, context.now) if self.whole else {}
        signal = state.carried.model_copy(
            update={
                "event_time": record.event_time,
                "tick": record.seq,
                "fresh": bool(closed),
                "bar": _prices(closed) if self.featured else None,
                "book": record.book,
                "bid": record.bid,
                "ask": record.ask,
                "last": state.last,
                **told,
            }
        )
        return [Draft(names.SIGNALS, state.key, signal, fresh=True)]

    def _moment_of(self, state: SignalState, record: Ticks, now: int) -> dict[str, Any]:
        """Microstructure and the features of the moment."""
        micro = state.micro.take(record, now)
        moment = features.of_moment(micro, self._moment)
        return {"micro": micro, "features": state.carried.features | moment}

    def _close(self, state: SignalState, closed: list[BarFields]) -> None:
        for bar in closed:
            high, low, close, volume = map(float, (bar.high, bar.low, bar.close, bar.volume))
            state.window.push(high, low, close, volume)
        state.carried = self._carried(state.key, state.window, closed[-1].close_time)

    def _carried(self, key: str, window: Window, bar_time: int | None) -> Signal:
        """The part of a signal that lasts until the next bar."""
        values = indicate(window, self.settings.indicators) if len(window) else dict(WARMING)
        told = features.of_bars(window, values, bar_time, self.settings.features)
        return self.lasting(key, values, bar_time).model_copy(update={"features": told})

    def lasting(self, key: str, values: Values, bar_time: int | None) -> Signal:
        """The part of a signal that lasts until the next bar, of that bar's indicators; without
        features.
        """
        scored: Scored = score(values, self.settings.scores)
        return Signal.model_construct(
            venue=venue_of(key),
            symbol=symbol_of(key),
            bar_time=bar_time,
            indicators=values,
            scores=scored.scores,
            buy_score=scored.buy,
            sell_score=scored.sell,
            strength=scored.strength,
            published=scored.published,
            action=scored.action,
        )

    def dump(self, state: SignalState) -> Any:
        """Bars, last price, time of the last bar and microstructure as JSON values."""
        return {
            "key": state.key,
            "bars": state.window.dump(),
            "bar_time": state.carried.bar_time,
            "last": state.last,
            "micro": state.micro.dump(),
        }

    def load(self, data: Any) -> SignalState:
        """The state that `dump` gave."""
        window = Window.load(self.settings.indicators.window, data["bars"])
        carried = self._carried(data["key"], window, data["bar_time"])
        micro = Microstructure.load(self.settings.micro, data.get("micro"))
        return SignalState(data["key"], window, carried, micro, data["last"])


def _prices(closed: Sequence[BarFields]) -> Prices | None:
    """Of the last of the bars that closed."""
    if not closed:
        return None
    last = closed[-1]
    return last.open, last.high, last.low, last.close
