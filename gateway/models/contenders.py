"""Who is judged, on what, and when: advisors, two sets of candles, and the windows of each.

Rules are asked as they are. Models are trained on what came before each test window, on all that is
known by then of both sets, and asked in it; before the first window nobody trades, and the rules
warm up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.decisions import DecisionsStage
from engine.research.splits import Split, Window
from engine.spans import DAY
from engine.strategies import Context, Judgment
from engine.strategies.advisor import Advisor
from engine.strategies.asking import AskingJudge, AskingSettings
from engine.strategies.catalogue import StrategySections
from engine.strategies.judgment import SILENT
from engine.strategies.strategy import Strategy
from topics.models.store import Stored

ENTER = {"enter": 0.53, "sure": 0.6}
"""Of the models: more than the base rate, and seldom enough to be no churning."""

ADVISORS: Mapping[str, Mapping[str, Any]] = {
    "rule": {"rule": {}},
    "momentum": {"momentum": {}},
    "reversion": {"reversion": {}},
    "trend": {"trend": {}},
    "drift": {"drift": {}},
    "boosting": {"boosting": {"kind": "model", **ENTER}},
    "logistic": {"logistic": {"kind": "model", **ENTER}},
    "boosting, costs": {"boosting": {"kind": "model", **ENTER, "cost_bps": 20}},
    "online": {"online": {}},
    "policy": {"policy": {}},
    "ensemble": {
        "rule": {}, "momentum": {}, "boosting": {"kind": "model", **ENTER},
    },
}  # fmt: skip
"""By contender, the advisors of its strategy. A model is trained as its advisor is called;
so is a policy."""

QUORUM = 0.3
"""Of the ensemble: one of three may carry it where the others abstain."""


@dataclass(frozen=True, slots=True)
class Set:
    """Files with the markets that they are played as. train: before the first test window; test:
    of a window, ns."""

    name: str
    files: tuple[tuple[str, str], ...]
    train: int
    test: int

    def splits(self, whole: Window) -> tuple[Split, ...]:
        """Anchored windows; the last reaches to the end."""
        first = whole.since + self.train
        count = max(1, (whole.until - first) // self.test)
        starts = [first + n * self.test for n in range(count)]
        ends = [*starts[1:], whole.until]
        return tuple(
            Split(Window(whole.since, since), Window(since, until))
            for since, until in zip(starts, ends, strict=True)
        )


SETS = (
    Set("2017-2019", (("Coinbase_BTCUSD_1h.csv.gz", "coinbase:BTC/USD"),), 365 * DAY, 91 * DAY),
    Set(
        "2025",
        tuple((f"{name}_1h_2025.parquet", f"binance:{name}/USDT:USDT")
              for name in ("BTC", "ETH", "SOL", "XRP")),
        28 * DAY, 13 * DAY,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """An advisor that hears all, and is heard from a time on, ns."""

    inner: Advisor[Any]
    since: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def judge(self, state: Any, context: Context) -> Judgment:
        """The inner one's word, or none yet."""
        said = self.inner.judge(state, context)
        return said if context.now >= self.since else SILENT


class Succession:
    """Models one after the other: at each time the one that was trained last before it."""

    def __init__(
        self, kind: type[AskingJudge[Any, Any, Any, Any]], settings: AskingSettings, name: str,
        line: Sequence[tuple[int, Stored]],
    ) -> None:  # fmt: skip
        self._line = [(since, kind(settings.asking(each), name)) for since, each in line]
        self._first = self._line[0][1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._first, name)

    def judge(self, state: Any, context: Context) -> Judgment:
        """The word of the newest model; before the first there is none."""
        heard = [one for since, one in self._line if since <= context.now]
        return heard[-1].judge(state, context) if heard else SILENT


def decisions(
    contender: str, since: int, lines: Mapping[str, Sequence[tuple[int, Stored]]]
) -> DecisionsStage:
    """The stage of a contender whose advisors are heard from `since` on, ns. lines: by kind of
    model, its versions with the times from which on each is asked."""
    given: dict[str, Any] = {"advisors": ADVISORS[contender]}
    if len(ADVISORS[contender]) > 1:
        given["quorum"] = QUORUM
    first = {name: line[0][1] for name, line in lines.items()}
    context = {"models": lambda name, version: next(iter(first.values()))}
    sections = StrategySections.model_validate({"strategies": {"judged": given}}, context=context)
    (made,) = sections.build()
    seats = tuple(_seat(each, since, lines) for each in made.advisors)
    return DecisionsStage((Strategy(made.name, seats, made.settings, made.markets),))


def _seat(
    one: Advisor[Any], since: int, lines: Mapping[str, Sequence[tuple[int, Stored]]]
) -> Advisor[Any]:
    if isinstance(one, AskingJudge):
        made: Any = Succession(type(one), one.settings, one.name, lines[one.name])
        return Waiting(made, since)
    return Waiting(one, since)
