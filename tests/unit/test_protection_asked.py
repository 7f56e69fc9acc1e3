"""Stops that trail and times that end: from a person's words to the command."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.protection.events import Terms, Trailing
from engine.requests import fault
from gateway.proof.explanation import in_words
from gateway.terminal.span import NoTime, lasting
from schemas.commands import ModifyOrder, Protect
from schemas.orders import Intent
from tests.unit.executing import command
from tests.unit.ordering import held
from tests.unit.test_manual import Desk, limit, place

SYMBOL = "BTC/USDT:USDT"
HOUR = 3600 * 10**9
FOLLOWS: dict[str, Any] = {"trailing": "2%", "activation": "105", "lasts": HOUR}


def test_what_a_person_asks_for_is_in_the_command() -> None:
    (opening,) = Desk().done(place(stop="97", target="106", **FOLLOWS))
    assert (opening.trailing, opening.activation, opening.lasts) == ("2%", "105", HOUR)
    named = Terms(
        Decimal(97), Decimal(106), Trailing(Decimal("0.02"), True), Decimal(105), HOUR
    )  # fmt: skip
    assert Terms.of(opening) == named


@pytest.mark.parametrize(
    ("side", "price", "stop"), [("buy", "99", "97.0"), ("sell", "101", "103.1")]
)
def test_a_stop_that_trails_begins_at_its_distance_and_is_sized_so(
    side: str, price: str, stop: str
) -> None:
    (opening,) = Desk().done(limit(price, side=side, trailing="2%"))
    assert opening.stop == stop


def test_a_changed_order_keeps_them_and_its_stop_begins_anew() -> None:
    desk = Desk()
    (first,) = desk.done(limit("99", trailing="2", lasts=HOUR))
    change = ModifyOrder(client_order_id=first.client_order_id, symbol=SYMBOL, price="98")
    (changed,) = desk.done(change)
    assert (first.stop, changed.stop) == ("97.0", "96.0")
    assert (changed.trailing, changed.lasts) == ("2", HOUR)


def test_an_order_that_leaves_brings_none() -> None:
    (leaving,) = Desk(held("2")).done(place(side="sell", **FOLLOWS))
    assert leaving.intent is Intent.REDUCE
    assert Terms.of(leaving) == Terms()


def test_a_position_s_protection_can_be_made_to_follow() -> None:
    (protect,) = Desk(held("2")).done(Protect(symbol=SYMBOL, **FOLLOWS))
    assert protect.action == "protect"
    assert Terms.of(protect).trailing == Trailing(Decimal("0.02"), True)
    assert in_words(protect).endswith(", trailing 2%, activation 105, lasts 3600 s")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (FOLLOWS, ""),
        ({"trailing": "150"}, ""),
        ({"trailing": "0%"}, "trailing '0%' is no distance: 150 or 1.5% is one"),
        ({"trailing": "-1"}, "trailing '-1' is no distance: 150 or 1.5% is one"),
        ({"trailing": "100%"}, "trailing 100% is not less than the price"),
        ({"trailing": "1", "activation": "0"},
         "activation '0' is no positive number in plain digits"),
        ({"activation": "105"}, "there is an activation and nothing that trails"),
        ({"lasts": 0}, "lasts 0 ns is no time"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], why: str) -> None:
    assert fault(place(**fields)) == why
    assert fault(Protect(symbol=SYMBOL, stop="97", **fields)) == why


def test_an_order_is_told_with_them_in_words() -> None:
    words = in_words(command("o", **FOLLOWS))
    assert words.endswith("trailing 2%, activation 105, lasts 3600 s, on binance")
    assert "trailing" not in in_words(command("o"))


@pytest.mark.parametrize(
    ("text", "span"),
    [("90s", 90 * 10**9), ("15min", 15 * 60 * 10**9), ("4h", 4 * HOUR), ("2d", 48 * HOUR),
     (None, None)],
)  # fmt: skip
def test_a_duration_is_digits_and_a_unit(text: str | None, span: int | None) -> None:
    assert lasting(text) == span


@pytest.mark.parametrize("text", ["4", "h", "1.5h", "-1s", "4 h"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(NoTime, match="write 90s, 15min, 4h or 2d"):
        lasting(text)
