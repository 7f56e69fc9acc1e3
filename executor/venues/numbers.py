"""Plain decimal text of what ccxt tells, and whether a quantity or price keeps to a step."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation
from typing import Any

EXACT = Context(prec=60)


def plain(value: Any) -> str | None:
    """Digits and a point, without needless zeros; None for nothing. Raises ValueError."""
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a number: {value!r}")
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "", "-") else text


def positive(value: Any) -> str | None:
    """As plain; None where there is none or it is zero, as venues tell a price that is not."""
    text = plain(value)
    return None if text in (None, "0") else text


def fits(value: str, step: Any) -> bool:
    """Whether a value is a whole number of steps; any is, where no step is told."""
    text = positive(step)
    return text is None or EXACT.remainder(Decimal(value), Decimal(text)) == 0


def ns(milliseconds: Any) -> int | None:
    """Nanoseconds of ccxt's milliseconds."""
    return None if milliseconds is None else int(milliseconds) * 1_000_000
