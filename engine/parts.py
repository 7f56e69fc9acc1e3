"""An order that is worked in parts at the gate: what of its style the venue's steps allow."""

from __future__ import annotations

from decimal import Decimal

from engine.asks import Ask
from engine.risk import Refused, contract_of, notional_of
from engine.risk.money import at_least
from schemas.instruments import Instrument
from schemas.orders import Style
from schemas.refusals import Reason


def styled(ask: Ask, instrument: Instrument | None) -> Style | None:
    """The style as it is sent: its visible part in whole lots, where they are known."""
    if ask.style is None or instrument is None:
        return ask.style
    visible = format(_visible(ask.style, instrument), "f")
    return ask.style.model_copy(update={"visible": visible, "lot": instrument.lot_size})


def too_small(ask: Ask, instrument: Instrument | None, leverage: Decimal) -> Refused | None:
    """Why the venue would not have a visible part: each is an order of its own."""
    if ask.style is None or ask.price is None or instrument is None:
        return None
    visible, least = _visible(ask.style, instrument), Decimal(instrument.minimum_quantity)
    quantity = at_least("visible", visible, max(least, Decimal(instrument.lot_size)))
    if not quantity.passed:
        return Refused(Reason.BELOW_LOT, (quantity,))
    notional = notional_of(visible, ask.price, contract_of(instrument, leverage))
    worth = at_least("visible_notional", notional, Decimal(instrument.minimum_notional or 0))
    return None if worth.passed else Refused(Reason.BELOW_MINIMUM_NOTIONAL, (worth,))


def _visible(style: Style, instrument: Instrument) -> Decimal:
    """In whole lots, downward."""
    lot = Decimal(instrument.lot_size)
    asked = Decimal(style.visible)
    return asked // lot * lot if lot > 0 else asked
