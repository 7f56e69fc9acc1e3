"""Texts of frames: numbers, times, levels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.feeds import fields
from schemas.errors import Poison


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-04-17T16:44:07.859760Z", 1618677847859760000),
        ("2021-04-17T16:44:07Z", 1618677847000000000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("2024-02-29T23:59:59.5Z", 1709251199500000000),
    ],
)
def test_times_as_texts(text: str, time: int) -> None:
    assert fields.rfc3339(text) == time


@given(st.datetimes(datetime(1970, 1, 1), datetime(2261, 1, 1)))
def test_times_are_those_of_the_calendar(moment: datetime) -> None:
    known = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    told = fields.rfc3339(f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}Z")
    assert told == known // timedelta(microseconds=1) * 1000


@pytest.mark.parametrize(
    ("text", "time"),
    [("1684930164.384", 1684930164384000000), ("1684930164", 1684930164000000000),
     (1684930164, 1684930164000000000), ("1.0000000019", 1000000001)],
)  # fmt: skip
def test_seconds_are_exact(text: str | int, time: int) -> None:
    assert fields.seconds(text) == time


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1.5e-7", "0.00000015"), ("2E+3", "2000"), ("0.10", "0.10"), ("1e-05", "0.00001")],
)
def test_exponents_are_written_out(text: str, plain: str) -> None:
    assert fields.plain(text) == plain


BAD: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (fields.rfc3339, ("", "2021-13-01T00:00:00Z", "2021-01-32T00:00:00Z", "2021-01-01", "9999-01-01"
                      "T00:00:00Z", "2021-01-01T00:00:00+01:00")),
    (fields.seconds, ("", "1.", "x", "-1", "1.x", "99999999999999")),
    (fields.milliseconds, ("", "x", -1, 10**18, "1.5", True, 1.5, "١")),
    (fields.plain, ("1e999", "e5", "1e", "-1e5", "0x1e5")),
    (fields.price, ("0", "0.00", "", "-1", "NaN", "1e5", "0." + "0" * 20 + "1")),
    (fields.traded, ("0", "0.0", "", "-1")),
    (fields.mark, ("0", "0.000", "", "-1", "inf")),
    (fields.rate, ("", "-", "--1", "1e-5", "x")),
    (fields.levels, ([("0", "1")], [("1", "-1")], [("1", "")])),
)  # fmt: skip


@pytest.mark.parametrize(("read", "text"), [(read, text) for read, texts in BAD for text in texts])
def test_what_is_none_is_poison(read: Any, text: Any) -> None:
    with pytest.raises(Poison):
        read(text)


def test_rates_and_marks_may_be_finer_than_prices() -> None:
    assert fields.rate("-0.000187539128482800001234") == "-0.000187539128482800001234"
    assert fields.mark("0.00000000012") == "0.00000000012"
