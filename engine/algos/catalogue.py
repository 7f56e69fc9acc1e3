"""A command's style as the algorithm that works it."""

from __future__ import annotations

from typing import Any

from engine.algos.algorithm import Algorithm
from engine.algos.iceberg import Iceberg
from engine.numbers import quantity_units
from schemas.orders import Style


def algorithm(style: Style) -> Algorithm[Any]:
    """Raises Poison for a number that is none."""
    match style.name:
        case "iceberg":
            units = map(quantity_units, (style.visible, style.variance, style.lot))
            visible, variance, lot = units
            return Iceberg(visible, variance, max(1, lot))
