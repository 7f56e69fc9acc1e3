"""A value class is a frozen dataclass to the type checker, and can be hashed as one."""

from __future__ import annotations

from dataclasses import replace

from engine.executions import Finished
from engine.values import value


@value(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 0


def test_equal_values_are_one_key() -> None:
    assert {Point(1), Point(1, 0), replace(Point(2), x=1)} == {Point(1)}
    assert not hasattr(Point(1), "__dict__")
    assert hash(Finished(1, 2)) == hash(Finished(1, 2))
