"""How the API says no, as one line that a person can act on."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any

from gateway.client.desk import Desk
from schemas.errors import TapelineError

LONGEST = 300
"""Characters that are shown of what a gateway says."""


class Refusal(TapelineError):
    """What was asked is not done. status: of HTTP; kind: the problem's name."""

    def __init__(self, text: str, status: int = 0, kind: str = "") -> None:
        super().__init__(text)
        self.status, self.kind = status, kind


def refused(status: int, told: Mapping[str, Any], desk: Desk) -> Refusal:
    """From a problem (RFC 9457); what is none comes of another program."""
    kind = str(told.get("type", "")).rpartition("/")[2]
    if not kind:
        return foreign(desk, status)
    said = clean(told.get("detail") or told.get("title") or kind)
    return Refusal(_text(status, kind, said, told, desk), status, kind)


def _text(status: int, kind: str, said: str, told: Mapping[str, Any], desk: Desk) -> str:
    match status:
        case 401 if kind == "unauthenticated":
            again = f"`tapeline login {desk.address}` again"
            return f"{desk.address} does not know the key, or no longer: {again}"
        case 403:
            whose = desk.name or "the key"
            return f"{said}, which {whose} has not: an admin gives it, or sign in as who has it"
        case 422 if errors := _places(told):
            return f"{said}: {errors}"
        case 500:
            return f"{desk.address}: {said}"
    return said


def _places(told: Mapping[str, Any]) -> str:
    """Which parts of a request were wrong, in a few words."""
    rows = told.get("errors")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    named = ((row.get("place") or ["?"], row.get("text", "")) for row in found[:3])
    return "; ".join(clean(f"{place[-1]}: {text}") for place, text in named)


def foreign(desk: Desk, status: int) -> Refusal:
    """What answers is no gateway of ours."""
    text = f"what answers at {desk.address} is no gateway of Tapeline (HTTP {status}): mend the URL"
    return Refusal(text, status)


def untrusted(error: Exception, desk: Desk) -> Refusal | None:
    """Where the other side has no certificate that this machine trusts; None for other faults."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Refusal(
                f"the certificate of {desk.address} is not trusted ({cause.verify_message}): name "
                "the file of its authority in SSL_CERT_FILE"
            )
        cause = cause.__cause__ or cause.__context__
    return None


def clean(text: object) -> str:
    """What somebody else wrote, as a terminal may show it."""
    return "".join(letter for letter in str(text)[:LONGEST] if letter.isprintable())
