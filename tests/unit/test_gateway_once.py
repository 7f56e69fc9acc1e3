"""One command for one Idempotency-Key, wherever the gateway dies and whatever comes late."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.once import TRIES, Another, Ledger, Wish, give_all, give_once, id_of
from schemas.commands import Command, ControlCommand, Halt, PlaceOrder, Resume
from schemas.errors import TapelineError, Unknown

BUY = PlaceOrder(venue="binance", symbol="BTC/USDT:USDT", side="buy", quantity="1")
ID = id_of("ann", "key-0001")


class Died(BaseException):
    """The gateway's process ended."""


class Broker:
    """control.commands; late: what was sent and has not arrived yet."""

    def __init__(self) -> None:
        self.rows: list[ControlCommand] = []
        self.late: list[ControlCommand] = []

    def other(self, account: str = "a") -> None:
        """Another gateway gives a command of its own."""
        seq = max((row.seq for row in self.rows if row.key == f"{account}:*"), default=-1) + 1
        self.rows.append(record(f"other {len(self.rows)}", seq, account))

    def arrive(self) -> None:
        """What was late is durable now."""
        self.rows += self.late
        self.late = []

    def heard(self) -> list[ControlCommand]:
        """What a reader takes, who drops what it has seen and passes over no hole."""
        last: dict[str, int] = {}
        taken = []
        for row in self.rows:
            if row.seq > last.get(row.key, -1):
                assert row.seq == last.get(row.key, -1) + 1, "a hole"
                last[row.key] = row.seq
                taken.append(row)
        return taken


def record(id: str, seq: int, account: str = "a", command: Command = BUY) -> ControlCommand:
    return ControlCommand(
        id=id, seq=seq, key=f"{account}:*", account=account, by="x", command=command
    )


class Process:
    """One life of a gateway: a road that dies at its step `dies`. Each read, and each publishing
    before, between and after the broker has it, is a step. meanwhile: what others do at each.
    """

    def __init__(self, broker: Broker, dies: int = 10**9, meanwhile: tuple[str, ...] = ()) -> None:
        self.broker, self.dies, self.meanwhile = broker, dies, list(meanwhile)
        self.ledger, self.at = Ledger(), 0

    def step(self) -> None:
        if self.meanwhile:
            what = self.meanwhile.pop(0)
            if what == "other":
                self.broker.other()
            elif what == "late":
                self.broker.arrive()
        if self.dies == 0:
            raise Died
        self.dies -= 1

    def read(self) -> None:
        self.step()
        for row in self.broker.rows[self.at :]:
            self.ledger.take(row)
        self.at = len(self.broker.rows)
        self.step()

    def counts(self, id: str) -> ControlCommand | None:
        return self.ledger.counts(id)

    def next(self, key: str) -> int:
        last = self.ledger.last(key)
        return 0 if last is None else last + 1

    def append(self, rows: Sequence[ControlCommand]) -> None:
        assert len({row.key for row in rows}) == len(rows), "a hole, if the first were lost"
        for row in rows:
            self._append(row)

    def _append(self, row: ControlCommand) -> None:
        self.step()
        self.broker.late.append(row)
        self.step()
        if self.meanwhile and self.meanwhile[0] == "unknown":
            self.meanwhile.pop(0)
            raise Unknown("the broker does not say")
        if row in self.broker.late:
            self.broker.late.remove(row)
            self.broker.rows.append(row)
        self.step()


def ours(broker: Broker) -> list[ControlCommand]:
    return [row for row in broker.heard() if row.id == ID]


@pytest.mark.parametrize("dies", range(8))
def test_a_gateway_that_dies_at_any_step_gives_one_command_when_asked_again(dies: int) -> None:
    broker = Broker()
    with suppress(Died):  # where it had answered before that step, the answer was lost
        give_once(Process(broker, dies), "a", BUY, "ann", ID)
    given_ = give_once(Process(broker), "a", BUY, "ann", ID)
    assert ours(broker) == [given_]
    broker.arrive()
    assert ours(broker) == [given_]


def test_numbers_count_up_for_each_account() -> None:
    road = Process(Broker())
    made = [give_once(road, name, BUY, "ann", f"{at}", lambda: 7) for at, name in enumerate("aa*a")]
    assert [(row.key, row.seq) for row in made] == [
        ("a:*", 0), ("a:*", 1), ("*:*", 0), ("a:*", 2),
    ]  # fmt: skip
    first = made[0]
    assert (first.account, first.by, first.seen_time, first.command) == ("a", "ann", 7, BUY)


def test_a_number_that_comes_late_does_not_count_nor_set_the_next_one_back() -> None:
    broker = Broker()
    for at in range(3):
        give_once(Process(broker), "a", BUY, "ann", f"{at}")
    broker.rows.append(record("stale", 0))
    assert give_once(Process(broker), "a", BUY, "ann", ID).seq == 3
    assert [row.id for row in broker.heard()] == ["0", "1", "2", ID]


def test_it_ends_where_others_are_always_faster() -> None:
    with pytest.raises(TapelineError, match="others were faster"):
        give_once(Process(Broker(), meanwhile=("other",) * 9 * TRIES), "a", BUY, "ann", ID)


def test_what_nobody_knows_is_not_tried_again() -> None:
    broker = Broker()
    with pytest.raises(Unknown):
        give_once(Process(broker, meanwhile=("",) * 4 + ("unknown",)), "a", BUY, "ann", ID)
    assert (len(broker.late), broker.rows) == (1, [])


LIVES = st.lists(
    st.tuples(
        st.integers(0, 14),
        st.lists(st.sampled_from(["", "other", "late", "unknown"]), max_size=14).map(tuple),
    ),
    max_size=4,
)


@given(LIVES, st.lists(st.sampled_from(["", "other", "late"]), max_size=10).map(tuple))
def test_whatever_others_do_and_however_late_it_comes_one_command_counts(
    lives: list[tuple[int, tuple[str, ...]]], last: tuple[str, ...]
) -> None:
    broker = Broker()
    broker.other()
    for dies, meanwhile in lives:
        try:
            give_once(Process(broker, dies, meanwhile), "a", BUY, "ann", ID)
        except (Died, Unknown):
            continue
    given_ = give_once(Process(broker, meanwhile=last), "a", BUY, "ann", ID)
    broker.arrive()
    broker.other()
    assert [(row.id, row.seq, row.command) for row in ours(broker)] == [(ID, given_.seq, BUY)]


SOME = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=8)


@given(SOME, LIVES, st.lists(st.sampled_from(["", "other", "late"]), max_size=10).map(tuple))
def test_of_many_that_are_given_together_each_counts_once_and_no_key_has_a_hole(
    some: list[tuple[str, int]], lives: list[tuple[int, tuple[str, ...]]], last: tuple[str, ...]
) -> None:
    broker = Broker()
    wishes = [Wish(account, BUY, "ann", f"{account}{n}") for account, n in some]
    for dies, meanwhile in lives:
        try:
            give_all(Process(broker, dies, meanwhile), wishes)
        except (Died, Unknown):
            continue
    found = give_all(Process(broker, meanwhile=last), wishes)
    broker.arrive()
    counting = {row.id: row for row in broker.heard() if not row.id.startswith("other")}
    assert found == [counting[wish.id] for wish in wishes]
    assert set(counting) == {wish.id for wish in wishes}
    assert len([row for row in broker.heard() if row.id in counting]) == len(counting)


def test_one_that_cannot_be_given_takes_no_other_with_it() -> None:
    broker = Broker()
    long = BUY.model_copy(update={"symbol": "X" * 70_000})
    wishes = [Wish("a", BUY, "ann", "1"), Wish("b", long, "ann", "2"), Wish("c", BUY, "ann", "1")]
    first, large, another = give_all(Process(broker), wishes)
    assert isinstance(first, ControlCommand)
    assert "shorten it" in str(large)
    assert isinstance(another, Another)
    assert [row.id for row in broker.heard()] == ["1"]


def test_a_key_is_for_one_command_of_one_user() -> None:
    broker = Broker()
    first = give_once(Process(broker), "a", BUY, "ann", ID)
    assert give_once(Process(broker), "a", BUY, "ann", ID) == first
    for account, command in (("a", Halt(why="x")), ("b", BUY)):
        with pytest.raises(Another):
            give_once(Process(broker), account, command, "ann", ID)
    assert len({id_of("ann", "k"), id_of("bob", "k"), id_of("ann", "l"), id_of("a", "nn|k")}) == 4
    assert len(broker.rows) == 1


def test_a_resume_is_the_same_whatever_halts_it_lifts_by_now() -> None:
    broker = Broker()
    first = give_once(Process(broker), "a", Resume(why="ok", lifts={"a": 1}), "ann", ID)
    assert give_once(Process(broker), "a", Resume(why="ok", lifts={"a": 2}), "ann", ID) == first


def test_ids_are_remembered_within_bounds() -> None:
    ledger = Ledger(kept=3)
    for seq in range(10):
        ledger.take(record(str(seq), seq))
    assert [ledger.counts(str(seq)) is not None for seq in range(10)] == [False] * 7 + [True] * 3
    assert ledger.last("a:*") == 9
    ledger.begin("a:*", 3)
    ledger.begin("b:*", 5)
    assert (ledger.last("a:*"), ledger.last("b:*")) == (9, 5)
