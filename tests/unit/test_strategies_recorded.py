"""Each strategy of one market, in an account of its own, trades a recorded one."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from engine.replay.desk import Desk
from gateway.backtests.backtest import listed
from gateway.backtests.stages import Stages
from schemas import names
from schemas.statuses import Status
from tests.unit.small_desk import SECOND, recorded
from topics.settings import Settings

KINDS = ("drift", "momentum", "reversion", "trend")
SPAN = 60
"""Seconds, and as many bars."""


def test_each_of_them_opens_and_closes_positions() -> None:
    known = Settings(
        broker_url="nowhere:9",
        accounts=KINDS,
        signals={"features": {"volatility": 20, "momentum": 10}},
        strategies={kind: {"kind": kind} for kind in KINDS},
        risk={
            "minimum_strength": 0,
            "accounts": {kind: {"strategies": [kind]} for kind in KINDS},
        },
    )
    inputs = chain(listed(known), ((names.RAW, each) for each in recorded(SPAN * SECOND)))
    traded: Counter[tuple[str, str]] = Counter()
    for _, one in Desk(Stages.of(known), KINDS).run(inputs):
        if isinstance(one, Status) and one.type == "fill":
            assert one.strategy == one.account
            traded[one.account, str(one.side)] += 1
    for kind in KINDS:
        assert traded[kind, "buy"], kind
        assert traded[kind, "sell"], kind
