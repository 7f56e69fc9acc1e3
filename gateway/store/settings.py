"""[store]: where the database is, and what the sink keeps."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
"""By the scheme of a URL, the dialect with our driver."""
FILE = "store.db"


class StoreSettings(BaseModel):
    """url: sqlite:///FILE (of this home, if left out) or postgresql://USER:PASSWORD@HOST/NAME; a
    password is better off in the environment, TAPELINE_STORE__URL, than in the file.

    sink: `tapeline up` runs the worker that writes the topics into it; where nothing is said, it
    does if it runs the gateway. holds: also decisions to do nothing, of which there is one a
    signal. step: seconds between two points of the PnL curve. batch: most records of one
    transaction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = SecretStr("")
    sink: bool = False
    holds: bool = False
    step: int = Field(10, ge=1, le=86_400)
    batch: int = Field(1000, ge=1, le=100_000)

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if text and (text.split(":")[0].split("+")[0] not in DRIVERS or "://" not in text):
            raise ValueError("it begins with sqlite:/// or postgresql://")
        if text.startswith("sqlite") and text.split("://", 1)[1].strip("/") in {"", ":memory:"}:
            raise ValueError("it names a file: the gateway and the sink are two processes")
        return url

    def address(self, home: Path) -> str:
        """The URL with our driver, for SQLAlchemy; not to be printed."""
        text = self.url.get_secret_value() or f"sqlite:///{(home / FILE).resolve()}"
        scheme, rest = text.split("://", 1)
        return f"{DRIVERS[scheme.split('+')[0]]}://{rest}"
