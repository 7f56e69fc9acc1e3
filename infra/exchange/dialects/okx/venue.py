"""The section as the application takes it: its house, its routes, what runs meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from infra.exchange.clock import Clock
from infra.exchange.dialect import Dialect
from infra.exchange.dialects.okx import (
    account,
    algo_asked,
    algos,
    asked,
    listed,
    market,
    orders,
    public,
    settings,
)
from infra.exchange.dialects.okx.algo_terms import send
from infra.exchange.dialects.okx.rest import routes
from infra.exchange.dialects.okx.section import Section
from infra.exchange.dialects.okx.streams import Streams
from infra.exchange.faults import Faults
from infra.exchange.house import House

TABLES = (public, market, account, settings, orders, asked, algos, algo_asked)


@dataclass(slots=True)
class Okx:
    """OKX v5 of a house."""

    clock: Clock
    faults: Faults
    house: House = field(init=False)
    section: Section = field(init=False)
    streams: Streams = field(init=False)

    def __post_init__(self) -> None:
        made = House("okx", listed.markets(), self.clock, leverage=settings.LEVERAGE)
        self.house, self.section = made, Section(made)
        made.conditions.send = partial(send, self.section)
        self.streams = Streams(self.section, self.faults)

    def dialect(self) -> Dialect:
        """All addresses, and what publishes meanwhile."""
        found = [route for table in TABLES for route in routes(self.section, table.TABLE)]
        return Dialect([*found, *self.streams.routes()], self.streams.run)
