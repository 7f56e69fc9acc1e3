"""The control stage on a broker: killed at any moment, each command is answered once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings

from schemas import names
from schemas.commands import (
    Command,
    ControlCommand,
    Flatten,
    Halt,
    PlaceOrder,
    Resume,
    SetLimit,
    SetParameters,
)
from tests.recorded import long
from tests.unit.fake_broker import Broker, Message, begin, connected, control, garbage, give, read
from tests.unit.fake_life import Action, Life, actions
from topics.worker import Worker

CYCLE: tuple[Command, ...] = (
    PlaceOrder(venue="binance", symbol="BTC/USDT:USDT", side="buy", quantity="1"),
    Halt(why="news"),
    Resume(why="calm", lifts={"a": 3, "e": 4}),
    SetLimit(name="leverage", value="99"),
    SetParameters(strategy="trend", parameters={"slow": "9"}),
    Flatten(why="out"),
)


def said(n: int, account: str, seq: int) -> ControlCommand:
    """The n-th command given, as number `seq` of its account."""
    return ControlCommand(
        id=f"{account}{seq}", seq=seq, key=f"{account}:*", seen_time=n * 10**9, account=account,
        by="ann", command=CYCLE[n % len(CYCLE)],
    )  # fmt: skip


def given_commands() -> list[Message]:
    """Commands for two accounts and for both, on one partition; every fifth is there twice."""
    found, seqs = list[ControlCommand](), dict.fromkeys("ae*", -1)
    for n in range(24):
        account = "aeae*"[n % 5]
        seqs[account] += 1
        found += [said(n, account, seqs[account])] * (1 if n % 5 else 2)
    return [read(names.COMMANDS, at, record) for at, record in enumerate(found)]


INPUTS: Mapping[str, Sequence[Message]] = {"commands": given_commands()}


def of_control(broker: Broker) -> Worker:
    return control(broker, "a", "e")


def lived(happens: Sequence[Action]) -> Broker:
    with pytest.MonkeyPatch.context() as patch:
        life = Life(connected(patch), of_control, INPUTS)
        asyncio.run(life.live(happens))
    return life.broker


CALM = lived([]).rows(names.STATE)


def test_the_commands_are_all_on_one_partition() -> None:
    assert len({message.place for message in INPUTS["commands"]}) == 1


def test_every_command_is_answered_by_the_accounts_that_it_is_for() -> None:
    answered = {(row.account, row.cause) for row in lived([]).records(names.STATE)}
    ids = {ControlCommand.model_validate_json(each.body).id for each in INPUTS["commands"]}
    for account in "ae":
        mine = {id for id in ids if id[0] in (account, "*")}
        assert {cause for whose, cause in answered if whose == account} == mine


@settings(max_examples=long(150, 50), deadline=None)
@given(actions(INPUTS))
def test_rows_are_a_function_of_the_commands(happens: list[Action]) -> None:
    broker = lived(happens)
    assert broker.rows(names.STATE) == CALM
    assert broker.records(names.LETTERS) == []


async def test_what_cannot_be_read_is_a_letter_and_the_next_command_is_taken(
    broker: Broker,
) -> None:
    worker = control(broker, "a")
    await begin(worker)
    await give(
        worker,
        read(names.COMMANDS, 0, said(1, "a", 0)),
        garbage(names.COMMANDS, 1, "a:*", b'{"seq":1,"key":"a:*","command":{"kind":"dance"}}'),
        read(names.COMMANDS, 2, said(2, "a", 2)),
    )
    (letter,) = broker.records(names.LETTERS)
    assert (letter.source_key, letter.topic) == ("a:*", names.COMMANDS)
    assert [row.cause for row in broker.records(names.STATE)] == ["a0", "a2", "a2", "a2"]


async def test_a_new_account_hears_what_was_said_to_all(broker: Broker) -> None:
    first = control(broker, "a")
    await begin(first)
    halt = read(names.COMMANDS, 0, said(1, "*", 0))
    await give(first, halt)
    await first.checkpoint()
    grown = control(broker, "a", "e")
    assert await begin(grown) == {}
    await give(grown, halt)
    assert [row.key for row in broker.records(names.STATE)] == ["a:stopped", "e:stopped"]
