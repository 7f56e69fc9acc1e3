"""Funding: who pays, on what, and once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.venue.events import Funded
from schemas.instruments import Kind
from schemas.orders import Contract
from tests.unit.market_tape import funding, record, trade
from tests.unit.resting import Place, order, place

INVERSE = Contract(kind=Kind.INVERSE, size="100")
TENTH = Contract(size="0.1")


def holding(side: Any, contract: Contract = TENTH) -> Place:
    """A position of two, at time 20."""
    return place(order("o", side, "2", contract=contract, strategy="trend"))


@pytest.mark.parametrize(
    ("side", "contract", "rate", "amount"),
    [
        ("buy", TENTH, "0.0001", "0.0022"),
        ("buy", TENTH, "-0.0001", "-0.0022"),
        ("sell", TENTH, "0.0001", "-0.0022"),
        ("sell", TENTH, "-0.0001", "0.0022"),
        ("buy", INVERSE, "0.0001", "0.000181818181818181818"),
        ("sell", INVERSE, "0.0001", "-0.000181818181818181818"),
    ],
)
def test_a_long_position_pays_a_positive_rate(
    side: Any, contract: Contract, rate: str, amount: str
) -> None:
    at = holding(side, contract)
    at.pass_(funding("110", rate, 45))
    assert at.pass_() == []
    (paid,) = at.pass_()
    assert isinstance(paid, Funded)
    told = paid.amount.quantize(Decimal("1e-21"))
    assert (told, paid.rate, paid.at) == (Decimal(amount), rate, 45)
    assert (paid.contract, paid.strategy, paid.book_seq) == (contract, "trend", 3)


def test_the_last_announcement_before_it_is_due_counts_and_once() -> None:
    at = holding("buy")
    at.pass_(funding("110", "0.0001", 45), funding("100", "0.0002", 45))
    at.pass_()
    at.pass_(funding("50", "0.0009", 45))
    at.pass_(funding("50", "0.0009", 45))
    at.pass_()
    assert [paid.amount for paid in at.of(Funded)] == [Decimal("0.004")]
    at.pass_(funding("50", "0.0001", 85))
    at.pass_()
    at.pass_()
    assert [paid.at for paid in at.of(Funded)] == [45, 85]


@pytest.mark.parametrize(
    "rows",
    [
        (funding(None, "0.0001", 45), funding("110", None, None)),
        (funding(None, "0.0009", 45), funding("90", None, None), funding("110", "0.0001", None)),
    ],
)
def test_marks_and_rates_may_come_in_rows_of_their_own(rows: tuple[Any, ...]) -> None:
    at = holding("buy")
    at.pass_(*rows)
    at.pass_()
    (paid,) = at.pass_()
    assert isinstance(paid, Funded)
    assert (paid.amount, paid.rate, paid.at) == (Decimal("0.0022"), "0.0001", 45)


def test_a_rate_without_any_mark_charges_nothing() -> None:
    at = holding("buy")
    at.pass_(funding(None, "0.0001", 45))
    at.pass_()
    at.pass_()
    assert at.of(Funded) == []


def test_what_was_paid_is_not_paid_again_for_a_row_of_the_same_linger() -> None:
    at = holding("buy")
    at.pass_(funding("100", "0.0001", 35))
    late = record(3, 40, funding("100", "0.0001", 35))
    fundings = late.fundings.model_copy(update={"seen_time": (34,)})
    late = late.model_copy(update={"fundings": fundings})
    assert [type(event) for event in at.venue.follow(at.market, late)] == [Funded]
    at.now = 40
    assert at.pass_() == []


def test_the_position_at_the_time_it_is_due_pays() -> None:
    at = place()
    at.pass_(funding("100", "0.0001", 25))
    at.venue.place(at.market, order("before").__class__(**fields(order("before"), due=25)))
    at.venue.place(at.market, order("after").__class__(**fields(order("after"), due=26)))
    at.pass_()
    (paid,) = at.of(Funded)
    assert paid.quantity == 10**18


def fields(one: Any, **changes: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__} | changes


def test_who_holds_nothing_pays_nothing() -> None:
    at = place()
    at.pass_(funding("100", "0.0001", 25))
    assert at.pass_() == []
    assert at.market.announced is None


@pytest.mark.parametrize("row", [funding("100", None, 45), funding("100", "0.0001", None),
                                 funding("100", "0.0001", 5)])  # fmt: skip
def test_what_names_no_payment_to_come_is_none(row: Any) -> None:
    at = holding("buy")
    at.pass_(row)
    at.pass_(trade("100"))
    at.pass_()
    assert at.of(Funded) == []
