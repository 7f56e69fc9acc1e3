"""What every part of a stored model is: frozen, finite, and without fields that nobody knows."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Number = Annotated[float, Field(ge=-1e12, le=1e12)]
"""So far from the largest float that no sum of them overflows."""


class Form(BaseModel):
    """A part of a model's file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
