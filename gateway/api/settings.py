"""[gateway]: where it listens, how it is to be trusted, and how much it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.auth.settings import AuthSettings


class GatewaySettings(BaseModel):
    """on: `tapeline up` runs it. host, port: where it listens; 0 takes a free port. certificate,
    key: files of TLS, both or none; without them only addresses of this machine are listened on,
    unless `plain` says so (a proxy in front has the TLS).

    origins: of pages that browsers may let call it; its own page needs none.
    registration: who may become a user. access: seconds that an access token lives.
    body: most bytes of a request. docs: a page on the API at /v1/docs.
    heartbeat: seconds between two heartbeats of a stream, at which it is also looked whether its
    owner may still read. waiting: most messages that wait for one slow reader before it is closed;
    stalled: seconds after which one that reads nothing is. followed: most channels of one stream.
    streams: most streams that one user has open.
    kept: deltas of a channel and key that can be resumed from.
    jobs: backtests and the like that run at once. auth: how people and programs sign in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = False
    host: str = "127.0.0.1"
    port: int = Field(8765, ge=0, le=65535)
    certificate: Path | None = None
    key: Path | None = None
    plain: bool = False
    origins: tuple[str, ...] = ()
    registration: Literal["invitation", "open", "closed"] = "invitation"
    access: int = Field(600, ge=30, le=3600)
    body: int = Field(64 << 10, ge=1024, le=16 << 20)
    docs: bool = False
    heartbeat: float = Field(15.0, gt=0, le=300)
    waiting: int = Field(2000, ge=1, le=100_000)
    stalled: float = Field(30.0, gt=0, le=600)
    followed: int = Field(64, ge=1, le=1000)
    streams: int = Field(500, ge=1, le=100_000)
    kept: int = Field(1000, ge=1, le=100_000)
    jobs: int = Field(1, ge=1, le=16)
    auth: AuthSettings = AuthSettings()

    @field_validator("origins")
    @classmethod
    def _named(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if any(not each.startswith(("https://", "http://")) for each in origins):
            raise ValueError("an origin is named whole, as in https://desk.example.org; never *")
        return origins

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("TLS takes both a certificate and its key")
        if self.certificate is None and not self.plain and self.host not in LOCAL:
            raise ValueError(
                f"{self.host} is open to a network: name certificate and key, or set plain = true "
                "where a proxy in front of it has the TLS"
            )
        return self

    @property
    def secure(self) -> bool:
        """Whether what it sends is encrypted, by itself or by what is in front of it."""
        return self.certificate is not None or self.plain


LOCAL = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine has."""
