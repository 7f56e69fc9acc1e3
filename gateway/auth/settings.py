"""[gateway.auth]: how people and programs sign in, and how much each may ask."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gateway.auth.addresses import network
from gateway.auth.limits import Limit
from gateway.auth.lockout import LockoutSettings
from gateway.auth.passwords import HashSettings
from gateway.auth.rights import Role

DAY = 86400


class Rates(BaseModel):
    """[gateway.auth.rates]: what may be asked. address: of all that comes from one; user: of all
    that one asks; reads, writes: of one route by one user; doors: of one route by one address,
    before it is known who asks (sign in, refresh, a one-time link).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Limit = Limit(rate=500, burst=1000)
    user: Limit = Limit(rate=100, burst=300)
    reads: Limit = Limit(rate=50, burst=150)
    writes: Limit = Limit(rate=5, burst=20)
    doors: Limit = Limit(rate=1, burst=60)


class AuthSettings(BaseModel):
    """idle: seconds that an unused session lasts; longest: any session; link: a one-time link.

    proxies: addresses or networks of proxies in front, whose X-Forwarded-For is believed. first:
    roles of the user who comes in by the first link. keys: most API keys of a user.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle: int = Field(7 * DAY, ge=60)
    longest: int = Field(30 * DAY, ge=60)
    link: int = Field(DAY, ge=60)
    proxies: tuple[str, ...] = ()
    first: tuple[Role, ...] = (Role.ADMIN,)
    keys: int = Field(50, ge=1)
    passwords: HashSettings = HashSettings()
    lockout: LockoutSettings = LockoutSettings()
    rates: Rates = Rates()

    @field_validator("proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(network, proxies))

    @field_validator("first")
    @classmethod
    def _manages(cls, first: tuple[Role, ...]) -> tuple[Role, ...]:
        if Role.ADMIN not in first:
            raise ValueError("the first user must be an admin: who else would invite the others?")
        return first
