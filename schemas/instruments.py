"""market.instruments: what may be traded and in which steps."""

from __future__ import annotations

from enum import StrEnum

from schemas.record import Record


class Kind(StrEnum):
    """What a contract is and which money it settles in."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


class InstrumentStatus(StrEnum):
    """Whether the venue takes orders for it."""

    TRADING = "trading"
    HALTED = "halted"
    DELISTED = "delisted"


class Instrument(Record):
    """One tradable symbol. Steps are decimal strings as the venue gives them.

    tick_size: price step, quote per base; lot_size: quantity step in base (or contracts).
    minimum_notional: smallest order value in quote, None where the venue names none.
    contract_size: base per contract (quote per contract for inverse ones).
    maintenance: margin rate of the lowest tier, a share of notional; None where not known.
    funding_interval: ns between funding payments, None for spot.
    source: where the figures come from.
    """

    venue: str
    symbol: str
    kind: Kind
    status: InstrumentStatus = InstrumentStatus.TRADING
    tick_size: str
    lot_size: str
    minimum_quantity: str
    minimum_notional: str | None = None
    contract_size: str = "1"
    maintenance: str | None = None
    funding_interval: int | None = None
    source: str = ""
