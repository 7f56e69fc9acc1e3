"""Why two runs did not earn the same: worked by hand, and the parts add up to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.performance.divergence import Divergence, Parts, divergences, gapped, split, worth
from engine.performance.runs import Order, Run
from engine.portfolio import PortfolioSettings
from schemas.decisions import Decision, Verdict
from schemas.instruments import Kind
from schemas.orders import Contract, Intent, OrderCommand, OrderDecision
from schemas.refusals import Reason
from schemas.statuses import OrderState, Status
from schemas.ticks import Notice, NoticeType, Ticks
from tests.recorded import long

D = Decimal
RULES = PortfolioSettings()
SYMBOL = "BTC/USDT:USDT"
MARK = D(110)


def fill(
    price: str, quantity: str, mid: str | None, fee: str = "0", side: Any = "buy", at: int = 10,
    kind: Kind = Kind.LINEAR, **more: Any,
) -> Status:  # fmt: skip
    return Status(
        type="fill", account="main", venue="binance", symbol=SYMBOL, side=side, price=price,
        quantity=quantity, mark=mid, fee=fee, contract=Contract(kind=kind), seen_time=at,
        client_order_id="tl1", key=f"main:{SYMBOL}", **more,
    )  # fmt: skip


def order(*fills: Status, rested: bool = False) -> Order:
    return Order("d s", "d", "binance", SYMBOL, "s", "tl1", 5, 10, rested, [*fills])


def parts(**given: str) -> Parts:
    return Parts(**{name: D(value) for name, value in given.items()})


BASE = fill("100.5", "2", "100", "0.2")
CASES: dict[str, tuple[Order, Order, Parts]] = {
    "the same": (order(BASE), order(BASE), parts()),
    "the market moved up by 1 before it got there: 2 cost 2 more":
        (order(fill("101.5", "2", "101", "0.2")), order(BASE), parts(latency="-2")),
    "a sale: the market moved up, which won":
        (order(fill("100.5", "2", "101", side="sell")),
         order(fill("99.5", "2", "100", side="sell")), parts(latency="2")),
    "a wider spread at the same mid is no latency":
        (order(fill("100.8", "2", "100", "0.2")), order(BASE), parts(remainder="-0.6")),
    "a fee of 0.5 in place of 0.2": (order(fill("100.5", "2", "100", "0.5")), order(BASE),
                                     parts(fees="-0.3")),
    "half was filled: 1 did not win 9.5": (order(fill("100.5", "1", "100", "0.2")), order(BASE),
                                           parts(partial="-9.5")),
    "nothing was filled: 2 did not win 9.5, and paid no fee":
        (order(), order(BASE), parts(partial="-19", fees="0.2")),
    "it rested, and was never reached in the queue":
        (order(rested=True), order(fill("100", "2", "100.2"), rested=True), parts(queue="-20")),
    "it rested, and got a part": (order(fill("100", "0.5", "100.2"), rested=True),
                                  order(fill("100", "2", "100.2"), rested=True),
                                  parts(queue="-15")),
    "it rested, and was filled later at its price": (
        order(fill("100", "2", "99", at=99), rested=True),
        order(fill("100", "2", "100.2"), rested=True), parts()),
    "two fills are an average":
        (order(fill("101", "1", "100.5", "0.1"), fill("102", "1", "101.5", "0.1")), order(BASE),
         parts(latency="-2")),
    "an unknown mid is not guessed": (order(fill("101.5", "2", None, "0.2")), order(BASE),
                                      parts(remainder="-2")),
    "a fee in another currency is none in quote":
        (order(fill("100.5", "2", "100", "9", fee_currency="BNB")), order(BASE), parts(fees="0.2")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_worked_by_hand(name: str) -> None:
    one, other, known = CASES[name]
    found = split(one, other, MARK, RULES)
    assert found == known
    assert found.total == worth(one.fills, MARK, RULES) - worth(other.fills, MARK, RULES)


def test_an_inverse_contract_is_valued_at_the_mark() -> None:
    """1000 contracts of 1 quote: bought at 125 in place of 100, valued at 200."""
    one = order(fill("125", "1000", "125", kind=Kind.INVERSE))
    other = order(fill("100", "1000", "100", kind=Kind.INVERSE))
    found = split(one, other, D(200), RULES)
    assert found == parts(latency="-400")  # 1000 (1/125 - 1/100) 200


AMOUNT = st.decimals("0.001", "500", places=3)
FILLS = st.lists(
    st.builds(
        lambda price, quantity, mid, fee: fill(
            str(price), str(quantity), None if mid is None else str(mid), str(fee)
        ),
        AMOUNT, AMOUNT, st.none() | AMOUNT, st.decimals("-5", "5", places=4),
    ),
    max_size=4,
)  # fmt: skip


@given(FILLS, FILLS, AMOUNT, st.booleans(), st.booleans(), st.sampled_from(["buy", "sell"]),
       st.sampled_from(list(Kind)))  # fmt: skip
@settings(max_examples=long(300, 100), deadline=None)
def test_the_parts_add_up_exactly(
    one: list[Status], other: list[Status], mark: Decimal, rested: bool, also: bool, side: str,
    kind: Kind,
) -> None:  # fmt: skip
    given_ = {"side": side, "contract": Contract(kind=kind)}
    mine = order(*(each.model_copy(update=given_) for each in one), rested=rested)
    theirs = order(*(each.model_copy(update=given_) for each in other), rested=also)
    found = split(mine, theirs, mark, RULES)
    known = worth(mine.fills, mark, RULES), worth(theirs.fills, mark, RULES)
    with localcontext(prec=60):
        assert found.total == known[0] - known[1]
    back = split(theirs, mine, mark, RULES)
    assert back.total == -found.total
    assert found.fees == -back.fees
    assert (found.queue == 0) or mine.rested or theirs.rested


# -- matching two runs ------------------------------------------------------------------------


def decision(id: str) -> Decision:
    return Decision(id=id, venue="binance", symbol=SYMBOL, verdict=Verdict.LONG)


def asked(cause: str, name: str, **more: Any) -> OrderDecision:
    command = OrderCommand(
        client_order_id=name, account="main", venue="binance", symbol=SYMBOL, strategy="s",
        intent=Intent.OPEN, side="buy", quantity="2", expires=0,
    )  # fmt: skip
    given_ = {"outcome": "approved", "command": command, "strategy": "s", "seen_time": 5, **more}
    given_ = {"account": "main", "id": f"of {name}", **given_}
    return OrderDecision(
        venue="binance", symbol=SYMBOL, cause=cause, key=f"main:{SYMBOL}", **given_
    )


def run(*records: Any) -> Run:
    found = Run("main")
    for record in records:
        found.take(record)
    return found


def named(status: Status, name: str, **more: Any) -> Status:
    return status.model_copy(update={"client_order_id": name, **more})


def gap(at: int) -> Ticks:
    notice = Notice(index=0, type=NoticeType.GAP, seen_time=at, text="")
    key = f"binance:{SYMBOL}"
    return Ticks(venue="binance", symbol=SYMBOL, key=key, seen_time=at, notices=(notice,))


def only(one: Run, other: Run) -> Divergence:
    (found,) = divergences(one, other, RULES)
    assert found.parts.total == found.worth[0] - found.worth[1]
    return found


def test_orders_meet_by_their_decision_whatever_their_ids_are() -> None:
    one = run(decision("d1"), asked("d1", "a"), named(fill("101.5", "2", "101"), "a"))
    other = run(decision("d1"), asked("d1", "b"), named(fill("100.5", "2", "100"), "b"))
    assert only(one, other).parts == parts(latency="-2")


def test_an_order_of_a_decision_that_the_other_never_made_is_missing_data() -> None:
    one = run(decision("d1"), asked("d1", "a"), named(fill("100", "2", "110"), "a"))
    found = only(one, run(decision("d2")))
    assert found.parts == parts(missing="20")
    assert only(run(decision("d2")), one).parts == parts(missing="-20")


def test_an_order_that_the_other_account_refused_is_told_as_the_remainder() -> None:
    one = run(decision("d1"), asked("d1", "a"), named(fill("100", "2", "110"), "a"))
    refused = asked("d1", "b", outcome="refused", reason=Reason.HALTED, command=None)
    found = only(one, run(decision("d1"), refused))
    assert found.parts == parts(remainder="20")
    assert found.note == "the other account had the decision: refused halted"


@pytest.mark.parametrize(
    ("mine", "theirs", "lost"), [((7,), (), True), ((7,), (7,), False), ((11,), (), False)]
)
def test_a_gap_of_one_run_between_decision_and_fill_is_missing_data(
    mine: tuple[int, ...], theirs: tuple[int, ...], lost: bool
) -> None:
    both = (decision("d1"), asked("d1", "a"))
    one = run(*map(gap, mine), *both, named(fill("101.5", "2", "101", "0.3"), "a"))
    other = run(*map(gap, theirs), *both, named(BASE, "a"))
    moved = {"missing": "-2"} if lost else {"latency": "-2"}
    assert only(one, other).parts == parts(fees="-0.1", **moved)


def test_a_stop_is_named_after_its_order_and_a_part_counts_as_it() -> None:
    stop = {"parent": "a", "role": "stop"}
    one = run(
        decision("d1"), asked("d1", "a"),
        named(BASE, "a1", parent="a"), named(BASE, "a2", parent="a"),
        named(fill("90", "4", "90", side="sell"), "a3", **stop),
    )  # fmt: skip
    whole, guard = one.orders.values()
    assert [each.client_order_id for each in (whole, guard)] == ["a", "a3"]
    assert len(whole.fills) == 2
    assert list(one.orders) == ["d1 s", "d1 s stop"]


def test_what_rested_is_seen_by_its_status() -> None:
    opened = named(BASE, "a", type="status", state=OrderState.OPEN)
    assert run(decision("d1"), asked("d1", "a"), opened).orders["d1 s"].rested


def test_other_accounts_are_left_out_and_funding_is_summed() -> None:
    paid = BASE.model_copy(update={"type": "funding", "amount": "0.25"})
    found = run(asked("d1", "a", account="other"), paid, paid)
    assert found.orders == {}
    assert found.funding == D("0.5")


def test_a_gap_counts_within_both_ends() -> None:
    gaps = {"k": [5, 9]}
    assert [gapped(gaps, "k", span) for span in ((0, 4), (0, 5), (6, 8), (9, 20), (10, 20))] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert not gapped(gaps, "other", (0, 9))


def test_parts_are_added() -> None:
    assert parts(latency="1", fees="2") + parts(fees="3", remainder="-1") == parts(
        latency="1", fees="5", remainder="-1"
    )
    assert replace(Parts(), queue=D(1)).total == 1
