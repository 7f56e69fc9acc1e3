"""Value classes: frozen to the type checker, and made as quickly as others.

    @value(frozen=True, slots=True)
    class Fill: ...

is `dataclasses.dataclass` to mypy, which refuses each assignment. At run time a frozen dataclass is
set field by field through `object.__setattr__`, in three times as long; of some classes there are
thousands in each run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    C = TypeVar("C", bound=type)

    def value(*, frozen: bool, slots: bool) -> Callable[[C], C]:
        """A dataclass that can be hashed, as a frozen one can."""
        return dataclass(slots=slots, unsafe_hash=frozen)
