"""Every table of the store; a module that defines one is named here, so that it is migrated."""

from gateway.store.base import Base
from gateway.store.tables import decisions, events, fills, orders, places, portfolio

METADATA = Base.metadata

__all__ = ["METADATA", "decisions", "events", "fills", "orders", "places", "portfolio"]
