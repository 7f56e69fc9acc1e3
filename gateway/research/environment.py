"""A reinforcement-learning environment (Gymnasium's API) over the backtest of a desk.

The episode is a backtest: every stage after the market's own, orders, risk gate, simulated venue,
fees, spread, latency, stops and targets, is the desk's (engine.replay.desk). A step is a bar. The
policy sees what is known where the bar has closed, and its action is what the strategy's only
advisor says on that bar's signal, before anything later is played.

    observation  the inputs of engine.learning.vector, each within -BOUND and BOUND, 0 where it is
                 not known; then 1 or 0 for each, whether it is known; then the position, signed
                 exposure over equity, within the same bounds. float32, shape (2 * inputs + 1,)
    action       0 short, 1 flat, 2 long: what the desk makes of it is the risk gate's matter. It
                 first closes a side that is held before it enters the other, refuses while an order
                 is pending, and never sells spot short
    reward       what the account's equity has changed since the bar before, net of fees and spread,
                 as a share of what it started with: their sum is the return of the episode
    terminated   where the equity is 0 or less; truncated: at the last bar, or after `length` bars

Of candles an order is filled at the first price of the next one; of recordings, at the book that is
there after the latency. So nothing that an observation holds is later than the fill. Equity and
position are the venue's at the bar's close; the account hears of them by `[backtest]` feedback
later, 5 ms by default: after a fill at a candle's end it refuses the next bar's order as pending.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.decisions import DecisionsStage
from engine.learning.vector import BARS, BOUND, vector
from engine.replay.desk import Delays, Desk, Row
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.strategies.strategy import Strategy
from gateway.backtests.backtest import listed
from gateway.models.fitting import NoLibrary
from gateway.research.market import KEPT, is_market
from gateway.research.source import Source
from gateway.research.steered import Steered
from schemas import names
from schemas.errors import TapelineError
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.signals import Signal
from schemas.statuses import Status
from topics.settings import Settings

try:
    import gymnasium
    from gymnasium import spaces
except ModuleNotFoundError:
    raise NoLibrary("BacktestEnv needs gymnasium: pip install 'tapeline[research]'") from None

Observation = NDArray[np.float32]

STRATEGY = "steered"


class NoEpisode(TapelineError):
    """A market with too few bars."""


class BacktestEnv(gymnasium.Env[Observation, np.int64]):
    """One market and the first account. The market's stages are played once, when it is made.

    length: bars of an episode, which begins at a bar that the seed draws; None: all bars, always.
    NoEpisode where the market has fewer than two bars, or not more than `length`.
    """

    metadata = {"render_modes": []}

    def __init__(
        self,
        source: Source,
        key: str,
        known: Settings,
        length: int | None = None,
        inputs: tuple[str, ...] = BARS,
    ) -> None:
        self.known = source.adapted(known)
        self.key, self.inputs = key, inputs
        self.account = self.known.accounts[0]
        self._portfolio = source.stages(self.known).portfolio
        self.start = self._portfolio.settings.start(self.account)
        self._source, self._length = source, length
        self._rows = list(self._market())
        self.bars = sum(self._is_bar(row) for _, row in self._rows)
        if self.bars < 2 or (length is not None and not 0 < length < self.bars):
            raise NoEpisode(f"{key} has {self.bars} bars: an episode needs more than "
                            f"{length or 1}: name a longer file")  # fmt: skip
        size = 2 * len(inputs) + 1
        self.observation_space = spaces.Box(-BOUND, BOUND, (size,), np.float32)
        self.action_space = spaces.Discrete(3)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """The first bar of an episode, with an account that holds nothing."""
        super().reset(seed=seed)
        self._steered = Steered()
        self._play = self._desk().play(iter(self._rows))
        self._books = Cell.fresh(self._portfolio, self.account)
        self._equity, self._exposure, self._way = self.start, Decimal(0), 0
        self._entry: str | None = None
        first, self._left = 0, self.bars - 1
        if self._length is not None:
            first = int(self.np_random.integers(self.bars - self._length))
            self._left = self._length
        self._signal = self._next()
        for _ in range(first):
            self._signal = self._next()
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act on the bar that was seen last, and play on to the next bar's close."""
        if not self.action_space.contains(action):
            raise ValueError(f"{action!r} is no action: 0 short, 1 flat, 2 long")
        before, self._steered.action = self._equity, int(action)
        self._signal = self._next()
        self._left -= 1
        reward = float((self._equity - before) / self.start)
        ruined = self._equity <= 0
        return self._observation(), reward, ruined, self._left <= 0, self._info()

    def _next(self) -> Signal:
        """Play on to the signal of the next bar: it has been made, and nobody has read it yet."""
        for topic, record in self._play:
            if isinstance(record, Status):
                for made in self._books.take(topic, record):
                    self._worth(made.record)
            elif self._is_bar((topic, record)):
                assert isinstance(record, Signal)
                return record
        raise NoEpisode("the episode is over: reset the environment")

    def _worth(self, row: Record) -> None:
        """A row of the portfolio of what the venue has done, before the account hears of it."""
        assert isinstance(row, Portfolio)
        if row.type == "position":
            self._way, self._entry = int(Decimal(row.quantity).compare(0)), row.entry
        elif row.type == "account" and row.equity is not None:
            self._equity, self._exposure = Decimal(row.equity), Decimal(row.exposure or 0)

    def _observation(self) -> Observation:
        found = vector(self._signal, self.inputs)
        known = np.isfinite(found)
        told = np.clip(np.where(known, found, 0.0), -BOUND, BOUND)
        share = self._way * self._exposure / self._equity if self._equity > 0 else Decimal(0)
        position = min(max(float(share), -BOUND), BOUND)
        return np.concatenate([told, known, [position]]).astype(np.float32)

    def _info(self) -> dict[str, Any]:
        """bar_time: close of the bar, ns; equity: in quote; entry: average price of what is held,
        decimal text; None: nothing is."""
        entry = self._entry if self._way else None
        return {
            "bar_time": self._signal.bar_time, "equity": float(self._equity), "entry": entry,
        }  # fmt: skip

    def _market(self) -> Iterator[tuple[int, Row]]:
        """What may be traded, then what the market's stages make, with its times."""
        yield from ((0, row) for row in listed(self.known))
        stages = [each for each in self._source.stages(self.known) if is_market(each)]
        desk = Desk(stages, (), self.known.of("backtest", Delays))
        frames: Iterator[Row] = ((names.RAW, each) for each in self._source.raw(self.known))
        for topic, record in desk.run(frames):
            if topic in KEPT:
                yield desk.now, (topic, record)

    def _desk(self) -> Desk:
        """The stages of accounts, whose strategy asks the action alone."""
        settings = self.known.sections(StrategySections).decisions
        strategy = Strategy(STRATEGY, (self._steered,), settings, (self.key,))
        stages = self._source.stages(self.known)._replace(decisions=DecisionsStage((strategy,)))
        rest = [each for each in stages if not is_market(each)]
        return Desk(rest, (self.account,), self.known.of("backtest", Delays))

    def _is_bar(self, row: Row) -> bool:
        record = row[1]
        return isinstance(record, Signal) and record.key == self.key and record.fresh
