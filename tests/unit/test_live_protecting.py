"""Protective orders of a live account: prices in the venue's steps."""

from __future__ import annotations

import pytest

from executor.live.protecting import stepped


@pytest.mark.parametrize(
    ("price", "tick", "found"),
    [
        ("59946.29", "0.1", "59946.3"),
        ("59946.24", "0.1", "59946.2"),
        ("0.123456", "0.00005", "0.12345"),
        ("61000", "0.1", "61000"),
        ("59946.29", "0", "59946.29"),
        (None, "0.1", None),
    ],
)
def test_a_price_is_the_nearest_that_the_venue_takes(
    price: str | None, tick: str, found: str | None
) -> None:
    assert stepped(price, tick) == found
