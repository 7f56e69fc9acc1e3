"""Every table of the store; a module that defines one is named here, so that it is migrated."""

from gateway.store.base import Base
from gateway.store.tables import (
    audit,
    decisions,
    events,
    fills,
    orders,
    places,
    portfolio,
    users,
)

METADATA = Base.metadata

__all__ = [
    "METADATA",
    "audit",
    "decisions",
    "events",
    "fills",
    "orders",
    "places",
    "portfolio",
    "users",
]
