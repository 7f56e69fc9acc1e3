"""The contract of all strategies: Context -> Judgment, by each of them before tests of its own."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine.strategies
from engine.strategies import Context, Judgment, Verdict
from engine.strategies.advisor import Advisor
from engine.strategies.catalogue import KINDS, made
from engine.strategies.strategy import advice_of
from engine.strategies.trial import contexts, trial
from tests.recorded import long

MARKETS = ("binance:BTC/USDT:USDT", "okx:ETH/USDT:USDT", "kraken:BTC/USDT")
FOLDER = Path(engine.strategies.__file__).parent
STRATEGIES = ("advised", "arbitrage", "drift", "momentum", "pairs", "reversion", "trend")
IMPURE = {"time", "datetime", "random", "os", "pathlib", "secrets", "uuid", "socket", "io"}
"""Clock, chance and the world outside."""

NEEDS: dict[str, dict[str, Any]] = {
    "declared": {
        "long": {"any": ["rsi crosses above 40", "close > highest(close, 5) for 2 bars"]},
        "short": {"all": ["rsi > 70", {"not": "features.momentum_z > before(close, 3) - 2 atr"}]},
        "leave_long": "close < lowest(ema_slow, 7)",
        "stop_atr": 2,
        "target_percent": 3,
        "most_bars": 9,
    },
}
"""What a kind cannot be made without."""


def one(kind: str) -> Advisor[Any]:
    return made("x", KINDS[kind].settings(kind=kind, **NEEDS.get(kind, {})))


@cache
def story(kind: str, market: str) -> list[Context]:
    return list(contexts(market, one(kind).books(market), advice_of(one(kind), market)))


def told(kind: str, seen: list[Context], restart: int = -1) -> list[Judgment]:
    advisor, found = one(kind), []
    state = advisor.initial()
    for n, context in enumerate(seen):
        if n == restart:
            state = one(kind).load(json.loads(json.dumps(advisor.dump(state))))
        found.append(advisor.judge(state, context))
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("market", MARKETS)
def test_it_passes_the_trial_that_a_user_s_own_must_pass(kind: str, market: str) -> None:
    trial(lambda: one(kind), market)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=long(20, 8))
@given(data=st.data())
def test_a_restart_in_mid_way_changes_nothing(kind: str, data: st.DataObject) -> None:
    market = data.draw(st.sampled_from(MARKETS))
    seen = story(kind, market)
    order = data.draw(st.permutations(range(len(seen))))
    mixed = [seen[n] for n in order]
    at = data.draw(st.integers(0, len(seen) - 1))
    assert told(kind, mixed, at) == told(kind, mixed)


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=long(20, 8))
@given(data=st.data())
def test_what_comes_later_changes_nothing_before_it(kind: str, data: st.DataObject) -> None:
    """No look-ahead: the same past gives the same judgments, whatever follows."""
    seen = story(kind, MARKETS[0])
    at = data.draw(st.integers(1, len(seen) - 1))
    other = story(kind, MARKETS[0])[:at] + seen[:at]
    assert told(kind, other)[:at] == told(kind, seen)[:at]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_two_of_a_class_share_nothing(kind: str) -> None:
    seen = story(kind, MARKETS[0])
    first, second = one(kind), one(kind)
    a, b, c = first.initial(), first.initial(), second.initial()
    for context in seen:
        said = first.judge(a, context)
        assert first.judge(b, context) == said == second.judge(c, context)


@pytest.mark.parametrize("kind", STRATEGIES)
def test_it_is_a_file_of_under_sixty_lines_that_asks_no_clock_and_no_chance(kind: str) -> None:
    text = (FOLDER / f"{kind}.py").read_text()
    assert len(text.splitlines()) < 60
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else
                     [each.name for each in node.names])
    }  # fmt: skip
    assert not imported & IMPURE


@pytest.mark.parametrize("kind", STRATEGIES)
def test_it_speaks_on_the_made_up_market(kind: str) -> None:
    said = {each.verdict for market in MARKETS for each in told(kind, story(kind, market))}
    assert said & {Verdict.LONG, Verdict.SHORT}
