"""`tapeline models train-policy`: candles to a policy in the store."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from engine.bars import interval_name
from engine.learning.policy import Policy
from gateway.backtests.funding import funded
from gateway.jobs.progress import bars
from gateway.models.acting import Market, Spans, Training, spans, text_of
from gateway.models.card import file_told
from gateway.models.evolving import Recipe
from gateway.models.listing import told
from gateway.models.series import Series
from gateway.models.train import NoData, kept, read
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from topics.models.store import Store
from topics.settings import Settings, settings

CODE = (
    "engine.features", "engine.indicators", "engine.scores", "engine.signals",
    "engine.learning.logistic", "engine.learning.policy", "engine.learning.vector",
    "engine.strategies.asking", "engine.strategies.policy", "gateway.models.acting",
    "gateway.models.evolving", "gateway.models.rehearsal", "gateway.models.series",
    "gateway.models.trading",
)  # fmt: skip
"""Whose sources make a policy what it is; which of its candidates it is, the whole desk decides."""

BTC = "binance:BTC/USDT:USDT"
"""Traded where no market is named."""

LIBRARIES = ("numpy", "numba", "ta-lib")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be trained: of which files, on bars of which length (ns; None: the candles'), for
    which market, and under which name. keys: of the market, KEY, and of files that are of another
    one, KEY=FILE. validation, test: shares of the bars, the last ones."""

    files: tuple[Path, ...]
    interval: int | None
    keys: tuple[str, ...]
    recipe: Recipe
    validation: float
    test: float
    name: str

    def market(self, known: Settings) -> Market:
        """What is traded; NoData for a market that is named twice, or a file that is not there."""
        pairs = [each.partition("=") for each in self.keys]
        plain = [key for key, given, _ in pairs if not given]
        own = {Path(file).name: key for key, given, file in pairs if given}
        names = [each.name for each in self.files]
        if len(plain) > 1 or (strangers := [each for each in own if names.count(each) != 1]):
            wrong = plain[1] if len(plain) > 1 else strangers[0]
            raise NoData(
                f"--candles {wrong}: give one KEY, and KEY=FILE for files of other markets"
            )
        return Market(plain[0] if plain else BTC, known, own)


def train_policy(asked: Asked, into: Path | None, output: Output) -> int:
    """Train one policy, keep it and tell of it; 0."""
    if not asked.files:
        raise NoData("name files of candles: tapeline models train-policy BTC_1h.csv.gz")
    if asked.validation + asked.test >= 1:
        raise NoData("--validation and --test leave nothing to train on: give less than 1 together")
    known = settings()
    Store(known.home).versions(asked.name)  # a name that is none is told before the work
    market = asked.market(funded(known, output))  # so is a market
    found = read(asked.files, asked.interval, known, output)
    closes = np.concatenate([one.close_time for one in found])
    cut = spans(closes, asked.validation, asked.test)
    policy, card = worked(found, cut, market, asked.recipe, output)
    stored = kept(asked.name, text_of(policy), card, into)
    told(stored, output)
    if policy.silent:
        output.note("no candidate earned anything on the validation span: it holds nothing, ever")
    return 0


def worked(
    found: Sequence[Series], cut: Spans, market: Market, recipe: Recipe, output: Output
) -> tuple[Policy, dict[str, Any]]:
    """A policy of these series, and its card. What is told of the held-out span is read once the
    policy is fixed."""
    with bars(output) as progress:
        steps = recipe.steps + recipe.starts * len(recipe.told)
        task = progress.add_task("training", total=steps, said="")

        def tell(said: str, done: int) -> None:
            progress.update(task, said=said, advance=done)

        training = Training(found, cut, market, recipe, tell)
        policy = training.policy()
        tell("the span that neither has seen", 0)
        chosen = training.figures(policy, cut.validation)
        shown = training.figures(policy, cut.held_out) if cut.held_out else None
    return policy, card(policy, training, chosen, shown)


def card(
    policy: Policy, training: Training, chosen: dict[str, Any], shown: dict[str, Any] | None
) -> dict[str, Any]:
    """All that a reader of a policy should know; nothing in it depends on when it was trained.

    edge: whether the interval of what it earned on the held-out span, net of costs, lies above 0.
    """
    whole = (shown or {}).get("intervals", {}).get("total_return")
    spans = {
        name: [time_text(each) for each in span]
        for name, span in training.spans._asdict().items() if span is not None
    }  # fmt: skip
    return {
        "kind": policy.kind,
        "target": "actions",
        "market": training.market.key,
        "interval": interval_name(policy.interval),
        "cutoff": time_text(policy.cutoff),
        "inputs": list(policy.inputs),
        "signals": training.market.settings.signals,
        "data": [
            {**file_told(each), "market": training.market.of(each)} for each in training.found
        ],
        "spans": spans,
        "seed": training.recipe.seed,
        "recipe": {key: each for key, each in asdict(training.recipe).items() if key != "seed"},
        "silent": policy.silent,
        "edge": bool(whole and whole["low"] > 0),
        "validation": chosen,
        "held_out": shown,
        "code": {"tapeline": version("tapeline"), "digest": code()},
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def code() -> str:
    """A digest of the sources that make a policy what it is."""
    sources = "".join(inspect.getsource(import_module(name)) for name in CODE)
    return blake2b(sources.encode(), digest_size=8).hexdigest()


def usual(known: Settings) -> Settings:
    """The settings that a policy which is judged is trained under: the desk's own."""
    return known.model_copy(update={"signals": {}, "decisions": {}})
