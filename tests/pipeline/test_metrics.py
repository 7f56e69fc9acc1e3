"""What the processes of a desk tell after a play: the numbers of the topics, and who is ready."""

from __future__ import annotations

import pytest

from infra.local.desk import STAGES
from schemas import metrics as m
from schemas import names
from schemas.metrics import DEFINED
from tests.pipeline.run import Run
from topics.metrics import targets

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

Values = dict[tuple[str, ...], float]

LATER = {m.SILENCE, m.DECISION_AGE, m.FRAME_TO_ORDER}
"""Not of a recording."""
TROUBLES = {m.NOTICES, m.CUTS, m.LETTERS, m.STRATEGY_PNL}
"""Told once there is one (a strategy's PnL: where a strategy has a row)."""
PROCESSES = {m.EVERY, m.STAGE, m.TICKS, m.DECISIONS, m.ORDERS, m.EXECUTOR, m.PORTFOLIO}
"""Those of the play; of the others see tests/unit/test_metrics_told.py."""


def values(run: Run) -> Values:
    """By sample and the values of its labels, in their order."""
    return {
        (each.name, *each.labels.values()): each.value for told in run.told for each in told.samples
    }


def test_every_process_is_ready_and_struck_out_at_its_end(whole: Run) -> None:
    assert {told.target.worker for told in whole.told} == {*STAGES}
    for told in whole.told:
        assert told.well, (told.target.worker, told.state)
        parts = {name for name, _ in told.ready}
        assert {"broker", "assigned", "caught up", f"{told.target.worker} restored"} <= parts
        assert ("lease" in parts) == (told.target.worker in ("orders", "executor"))
    assert not list(targets.read(whole.settings.home))


def test_records_are_as_many_as_the_topics_have(whole: Run) -> None:
    found = values(whole)
    for stage, takes, gives in (
        ("ticks", names.RAW, names.TICKS),
        ("signals", names.TICKS, names.SIGNALS),
        ("decisions", names.SIGNALS, names.DECISIONS),
        ("orders", names.DECISIONS, names.ORDERS),
        ("executor", names.ORDERS, names.STATUSES),
        ("portfolio", names.STATUSES, names.PORTFOLIO),
    ):
        came, went = (len(list(whole.values(topic))) for topic in (takes, gives))
        assert found[m.RECORDS_IN.name, stage, takes] == came > 0
        assert found[m.RECORDS_OUT.name, stage, gives] == went > 0
        assert found[m.LAG.name, stage, takes] == 0
    approved = sum(value for key, value in found.items()
                   if key[0] == m.DECIDED.name and "approved" in key)  # fmt: skip
    assert approved == sum(b'"outcome":"approved"' in row for _, row in whole.values(names.ORDERS))


def test_what_is_defined_is_told(whole: Run) -> None:
    told = {name for name, *_ in values(whole)}
    wanted = {metric for metric in DEFINED.values() if metric.of in PROCESSES}
    silent = {metric for metric in wanted if not {*metric.samples} & told}
    assert {each.name for each in silent - TROUBLES} == {each.name for each in LATER & wanted}
    for process in whole.told:
        assert [each.value for each in process.samples if each.name == m.UNREAD.name] == [0]
