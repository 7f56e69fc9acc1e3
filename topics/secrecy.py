"""Secrets that this process knows, and texts without them: the second line of defence.

The first is that no text is ever made of a secret. Libraries make some nevertheless: ccxt logs the
headers of each request at DEBUG, and the text of its errors has the URL, which for some venues
holds the key.
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "***"
SHORTEST, LONG = 8, 16
"""Characters of a secret below which it is not looked for in a text, and in a record: a word of a
symbol or an account must not be taken for one there.
"""


class Secrets:
    """What must not be told, in every form in which a request may carry it."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._long: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._forms)

    def __repr__(self) -> str:
        return "Secrets()"

    def add(self, values: Iterable[str]) -> None:
        """Never tell these again; values shorter than SHORTEST are left out."""
        told = [value for value in values if len(value) >= SHORTEST]
        found = set(self._forms).union(*map(forms, told))
        long = set(self._long).union(
            form.encode() for value in told if len(value) >= LONG for form in forms(value)
        )
        self._forms = tuple(sorted(found, key=lambda form: (-len(form), form)))
        self._long = tuple(sorted(long, key=lambda form: (-len(form), form)))

    def forget(self) -> None:
        """Know none any more."""
        self._forms, self._long = (), ()

    def redact(self, text: str) -> str:
        """The text with MASK where a secret was."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def redact_bytes(self, value: bytes) -> bytes:
        """A record's value with MASK where a secret of at least LONG characters was."""
        for form in self._long:
            if form in value:
                value = value.replace(form, MASK.encode())
        return value


def forms(secret: str) -> set[str]:
    """A secret as it is, in a URL, in JSON (also JSON in JSON), as a Python literal, in base64 and
    in hex.
    """
    raw = secret.encode()
    made = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), raw.hex()}
    made |= {b64encode(raw).decode(), b64encode(raw).decode().rstrip("=")}
    for _ in range(3):
        made |= {
            json.dumps(text, ensure_ascii=plain)[1:-1] for text in made for plain in (False, True)
        }
        made |= {repr(text)[1:-1] for text in made}
    return made


known = Secrets()
"""Those of this process: empty in every process but an executor with keys and the advice stage."""


class Redacting(logging.Filter):
    """Takes known secrets out of a log record, its exception included, whatever formats it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always True: what is left of the record is told."""
        if known:
            record.msg, record.args = known.redact(record.getMessage()), None
            if record.exc_info:
                record.exc_text = known.redact(logging.Formatter().formatException(record.exc_info))
                record.exc_info = None
        return True
