"""[metrics]: where each process tells of itself, and to whom."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from topics.loopback import is_loopback


class MetricsSettings(BaseModel):
    """on: every process of the desk listens. host, port: where; a port of 0 is any free one, any
    other the first of those that are tried, for each process takes one. token: what who asks must
    show, as `Authorization: Bearer TOKEN`; better off in the environment, TAPELINE_METRICS__TOKEN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: bool = True
    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
    token: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        secret = self.token.get_secret_value()
        if secret and len(secret) < SHORTEST:
            raise ValueError(f"a token has at least {SHORTEST} characters")
        if not secret and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} is open to a network: set a token, or listen on 127.0.0.1"
            )
        return self


SHORTEST = 16
"""Characters of a token."""
