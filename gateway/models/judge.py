"""`tapeline models judge`: every advisor on both sets of candles, walk forward, net of costs.

What has been judged is kept in a directory under a hash of the code, the data and the contender, so
that the same command goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from engine.bars import interval_name
from engine.performance.bootstrap import Bootstrap
from gateway.backtests.funding import funded
from gateway.jobs.progress import bars
from gateway.models.contenders import ADVISORS, SETS, Set, decisions
from gateway.models.evolving import Recipe as SearchRecipe
from gateway.models.fitting import Recipe, require
from gateway.models.series import Series
from gateway.models.table import show
from gateway.models.trading import NOTHING, Judged, Trading, held, pooled, traded
from gateway.models.train import NoData, needed, read
from gateway.models.train_policy import usual
from gateway.models.walking import Walk
from gateway.research.asked import code
from gateway.terminal.output import Output
from topics.models.store import Stored
from topics.settings import Settings, settings

HOLD = "buy and hold"
KINDS = ("boosting", "logistic", "policy")
"""Advisors that are trained before each window."""

RISK = {"minimum_strength": 0, "minimum_confidence": 0}
"""Every advisor trades what it says: none is held back by how sure another kind of it sounds."""

TRADED_BY = {"accounts", "execution", "portfolio", "decisions", "backtest"}
"""Settings on which a contender's figures rest."""


def judge(
    files: Sequence[Path], directory: Path, only: Sequence[str], seed: int, output: Output
) -> int:
    """Judge all contenders, or those that are named, tell the table; 0. seed: of the trainings and
    of the bootstrap."""
    require()
    names = list(only) or [HOLD, *ADVISORS]
    if unknown := [each for each in names if each not in (HOLD, *ADVISORS)]:
        raise NoData(
            f"no contender is called {unknown[0]}: there are {', '.join((HOLD, *ADVISORS))}"
        )
    known = funded(settings(), output)
    found = read(needed(files), None, known.model_copy(update={"signals": {}}), output)
    directory.mkdir(parents=True, exist_ok=True)
    rows = []
    with bars(output) as progress:
        task = progress.add_task("judge", total=len(SETS) * len(names), said="")
        for each in SETS:
            bench = Bench(found, each, directory, seed, known)
            for name in names:
                progress.update(task, said=f"{each.name} {name}")
                rows.append(bench.row(name))
                progress.update(task, advance=1)
                if output.json:
                    output.object(rows[-1])
                else:
                    output.note(f"{each.name} {name}: done")
    show(rows, output)
    return 0


class Bench:
    """One set of candles, and what is trained on it. desk: the settings that it trades by."""

    def __init__(
        self, found: Sequence[Series], of: Set, directory: Path, seed: int, desk: Settings
    ) -> None:
        self._of, self._directory, self._seed, self._desk = of, directory, seed, desk
        self._walk = Walk(found, of)
        self._bootstrap = Bootstrap(seed=seed)
        self._lines: dict[str, list[tuple[int, Stored]]] = {}

    def row(self, name: str) -> dict[str, Any]:
        """A contender's figures, from the directory where they are there."""
        path = self._directory / f"{self._of.name}-{name.replace(' ', '-').replace(',', '')}.json"
        key = self._key(name)
        if path.is_file():
            kept = orjson.loads(path.read_bytes())
            if kept.get("key") == key:
                return dict(kept["row"])
        row = {"set": self._of.name, "advisor": name, **self._judged(name)}
        path.write_bytes(orjson.dumps({"key": key, "row": row}, option=orjson.OPT_INDENT_2))
        return row

    def _key(self, name: str) -> str:
        told = [code(), self._seed, repr(self._of), repr(ADVISORS.get(name))]
        told += [each.digest for each in self._walk.found]
        told.append(self._desk.model_dump_json(include=TRADED_BY))
        return blake2b(repr(told).encode(), digest_size=16).hexdigest()

    def _judged(self, name: str) -> dict[str, Any]:
        first = self._walk.splits[0].test
        assert first is not None
        if name == HOLD:
            parts = [held(one, key, first.since) for one, key in self._markets()]
            return Judged([Trading(pooled(parts), NOTHING)]).told(self._bootstrap)
        lines = {kind: self._line(kind) for kind in KINDS if kind in ADVISORS[name]}
        stage = partial(decisions, name, first.since, lines)
        made = [
            traded(one, key, stage(), first.since, self._known(one)) for one, key in self._markets()
        ]
        return {**Judged(made).told(self._bootstrap), **self._foretold(name, lines)}

    def _markets(self) -> Iterator[tuple[Series, str]]:
        keys = dict(self._of.files)
        for number in self._walk.mine:
            one = self._walk.found[number]
            yield one, keys[one.path.name]

    def _known(self, one: Series) -> Settings:
        """The desk's own settings with bars of the series' length."""
        interval = interval_name(one.interval)
        return self._desk.model_copy(update={
            "signals": {"interval": interval}, "strategies": {}, "risk": RISK,
            "ticks": {"intervals": [one.interval], "trade_counts": ()},
        })  # fmt: skip

    def _line(self, kind: str) -> list[tuple[int, Stored]]:
        if kind not in self._lines:
            self._lines[kind] = (
                self._walk.policies(SearchRecipe(seed=self._seed), usual(self._desk))
                if kind == "policy"
                else self._walk.line(Recipe(kind=kind, seed=self._seed))
            )
        return self._lines[kind]

    def _foretold(self, name: str, lines: Mapping[str, list[tuple[int, Stored]]]) -> dict[str, Any]:
        """How good the probabilities are, for a contender that is one model."""
        if name not in lines or name == "policy":
            return {}
        said = self._walk.said(lines[name])
        quality, gain = said.quality(), said.gain(self._bootstrap)
        return {
            "probabilities": asdict(quality) if quality else None,
            "log_loss_gain": asdict(gain) if gain else None,
        }
