"""What is sent: bodies with the fields that they declare, of their types, and no others."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from gateway.auth.rights import Right, Role


class Strict(BaseModel):
    """Strict: a field that is not declared, or is of another type, is the problem 422. What was
    given is in no error and no repr where it is a SecretStr.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


RoleName = Annotated[Role, Field(strict=False)]
RightName = Annotated[Right, Field(strict=False)]
AccountName = Annotated[str, Field(pattern=r"^(\*|[A-Za-z0-9_-]{1,64})$")]
"""An account, or * for all of them."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
"""Never in an answer, a log or an example."""
