"""Levels looked at as one text are judged as those that are looked at one by one."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from engine.feeds import fields
from engine.numbers import price_units, quantity_units
from schemas.errors import Poison

TEXTS = st.one_of(
    st.from_regex(r"[0-9]{0,22}\.?[0-9]{0,22}", fullmatch=True),
    st.text("0.", max_size=6),
    st.text("019.,+-e \n\u0661", max_size=6),
)


def one_by_one(rows: list[tuple[str, str]]) -> bool:
    try:
        return all(price_units(price) and quantity_units(quantity) >= 0 for price, quantity in rows)
    except Poison:
        return False


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
@example([("1,2", "1")])
@example([("1,2", "1"), ("", "1")])
@example([("0.0", "1"), ("1", "1")])
@example([("1", "0"), ("0.00000000000000000001", "0.000000000000000001")])
@example([("1", "0.0000000000000000001")])
def test_levels_are_taken_or_refused_alike(rows: list[tuple[str, str]]) -> None:
    rows += [("1.5", "0.25")] * fields.MANY
    try:
        assert fields.levels(rows) == tuple(rows)
        taken = True
    except Poison:
        taken = False
    assert taken is one_by_one(rows)
