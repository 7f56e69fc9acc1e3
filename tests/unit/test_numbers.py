"""Decimal text and integer units: exact both ways, and nothing else passes."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.numbers import ladder_units, price_units, quantity_units, ratio_text, text_of, units
from schemas.errors import Poison


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("61800.20", 618002 * 10**19),
        ("0", 0),
        ("0.000000000001234", 123_400_000),
        ("0.00000000000000000001", 1),
        ("1.000000000", 10**20),
    ],
)
def test_price_units(text: str, expected: int) -> None:
    assert price_units(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".5",
        "-1",
        "+1",
        "1e5",
        "NaN",
        "inf",
        "1,5",
        " 1",
        "1\n",
        "0x1",
        "١",
        "1" * 21,
    ],
)
def test_no_decimal_is_poison(text: str) -> None:
    with pytest.raises(Poison):
        quantity_units(text)


@pytest.mark.parametrize("value", [1, 1.5, None, True])
def test_no_text_is_poison(value: Any) -> None:
    with pytest.raises(Poison):
        price_units(value)


def test_finer_than_a_unit_is_poison() -> None:
    with pytest.raises(Poison, match="no decimal"):
        price_units("0.000000000000000000001")
    with pytest.raises(Poison, match="finer"):
        ladder_units("0.000000001")


@given(st.integers(0, 10**30), st.sampled_from([0, 8, 18]))
def test_text_and_units_are_inverse(value: int, decimals: int) -> None:
    text = text_of(value, decimals)
    assert Decimal(text) == Decimal(value).scaleb(-decimals) or value >= 10**28
    if len(text.split(".")[0]) <= 20:
        assert units(text, decimals) == value


def test_negative_text() -> None:
    assert text_of(-150, 2) == "-1.5"


@given(st.integers(1, 10**40), st.integers(1, 10**40))
def test_ratio_keeps_twelve_digits(numerator: int, denominator: int) -> None:
    text = ratio_text(numerator, denominator, 8)
    exact = Decimal(numerator) / Decimal(denominator) / 10**8
    assert len(text.replace(".", "").strip("0")) <= 12
    assert abs(Decimal(text) - exact) <= exact * Decimal("5.1e-12")
    assert "E" not in text
