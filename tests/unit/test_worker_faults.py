"""Records that end a stage, and what is not ours on topics that a stage reads its past from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from engine.account import AccountState
from engine.orders import OrdersStage
from engine.risk import RiskLimits
from engine.stage import Context, Draft
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.raw import RawFrame
from tests.unit.fake_broker import (
    Broker,
    Died,
    Message,
    Sent,
    begin,
    give,
    orders,
    read,
    worker,
)
from tests.unit.fake_records import frame
from tests.unit.test_worker import Sums
from tests.unit.trading import ACCOUNT, BTC, ETH, decision
from topics.worker import Worker


class Fragile(Sums):
    """A stage that the frames 1 and 2 end."""

    def step(self, state: list[int], record: RawFrame, context: Context) -> list[Draft]:
        if record.run_seq in (1, 2):
            raise ZeroDivisionError
        return super().step(state, record, context)


class TwoAccounts(OrdersStage):
    """A stage that decision 1 ends, but in one account only."""

    def step(self, state: AccountState, record: Decision, context: Context) -> list[Draft]:
        if state.account == "b" and record.seq == 1:
            raise ZeroDivisionError
        return super().step(state, record, context)


def holds(*seqs: int, key: str = BTC) -> list[Message]:
    """Decisions of a market with these sequences, one after the other."""
    records = [decision(seq, Verdict.HOLD, key) for seq in seqs]
    return [read(names.DECISIONS, at, record) for at, record in enumerate(records)]


async def live(
    broker: Broker, make: Callable[[], Worker], *lives: Sequence[Message], limit: int = 40
) -> list[str]:
    """Start again until a life lasts; the last of `lives` is what all later ones read.

    Gives how the others ended.
    """
    ends: list[str] = []
    while len(ends) < limit:
        one = make()
        await begin(one)
        try:
            await give(one, *lives[min(len(ends), len(lives) - 1)])
        except Died as died:
            ends.append(str(died))
            broker.die(len(broker.pending))
        else:
            await one.checkpoint()
            break
    return ends


async def test_each_of_two_records_that_end_the_stage_is_given_up_after_three_times(
    broker: Broker,
) -> None:
    frames = [read(names.RAW, n, frame(n)) for n in range(4)]
    ends = await live(broker, lambda: worker(broker, Fragile()), frames)
    assert len(ends) == 6
    assert {letter.source_seq for letter in broker.records(names.LETTERS)} == {1, 2}
    assert len(broker.rows(names.TICKS)["binance:A"]) == 2


async def test_a_record_that_ends_one_account_is_taken_by_the_others(broker: Broker) -> None:
    stage = TwoAccounts(("a", "b"), RiskLimits())
    ends = await live(broker, lambda: orders(broker, stage), holds(0, 1, 2, 3))
    symbol = BTC.partition(":")[2]
    made = {key: len(rows) for key, rows in broker.rows(names.ORDERS).items()}
    assert len(ends) == 3
    assert made == {f"a:{symbol}": 4, f"b:{symbol}": 3}
    assert {state.account for state in broker.records(names.STATE)} == {"b"}


async def test_a_record_that_ends_a_redo_is_named_whatever_came_last(broker: Broker) -> None:
    """ETH has a hole before 2; after the first life its partition is read first."""
    good, bad = holds(0, 1, 2), holds(0, 2, key=ETH)
    stage = OrdersStage((ACCOUNT,), RiskLimits())
    ends = await live(broker, lambda: orders(broker, stage), good + bad, bad + good)
    assert len(ends) == 3
    assert all(f"trading.decisions {ETH} seq 2" in end for end in ends)
    (letter,) = broker.records(names.LETTERS)
    assert (letter.source_key, letter.source_seq) == (ETH, 2)


async def test_a_halt_said_again_after_a_restart_is_the_same_record(broker: Broker) -> None:
    """What has been resumed meanwhile must not be halted anew by what was buried before."""
    stage = OrdersStage((ACCOUNT,), RiskLimits())
    await live(broker, lambda: orders(broker, stage), holds(0, 2))
    halts = [sent.value for sent in broker.durable if sent.topic == names.STATE]
    again = orders(broker, stage)
    broker.durable = [s for s in broker.durable if not s.key.endswith(f":{ACCOUNT}".encode())]
    await begin(again)
    await give(again, *holds(0, 2))
    await broker.flush()
    said = [sent.value for sent in broker.durable if sent.topic == names.STATE]
    assert len(halts) == 1
    assert said == halts * 2


@pytest.mark.parametrize(
    ("topic", "key"), [(names.ORDERS, f"{ACCOUNT}:S"), (names.SNAPSHOTS, f"orders:{ACCOUNT}")]
)
async def test_what_is_not_ours_does_not_keep_a_stage_from_starting(
    broker: Broker, topic: str, key: str
) -> None:
    broker.durable.append(Sent(topic, key.encode(), b"typed by hand", None))
    one = orders(broker, OrdersStage((ACCOUNT,), RiskLimits()))
    assert await begin(one) == {}
    await give(one, *holds(0))
    await broker.flush()
    del broker.durable[0]
    assert len(broker.records(names.ORDERS)) == 1
