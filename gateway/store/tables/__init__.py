"""Every table of the store; a module that defines one is named here, so that it is migrated."""

from gateway.store.base import Base
from gateway.store.tables import audit, places, users

METADATA = Base.metadata

__all__ = ["METADATA", "audit", "places", "users"]
