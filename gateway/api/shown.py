"""The settings that a desk runs with, as people may see them: without a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from topics.settings import Settings

HIDDEN = "••••••"
SECRET = re.compile(r"pass|secret|token|credential|private|(^|[._-])key$", re.IGNORECASE)
"""Names of what is never told, wherever it stands."""
LOGIN = re.compile(r"(?<=://)[^/@\s]*@")
QUERY = re.compile(r"(?<=[?&])([^=&]*(?:pass|secret|token|key)[^=&]*=)[^&\s]*", re.IGNORECASE)
"""Where a secret stands in an address."""


class Shown(NamedTuple):
    """A setting by its dotted name, and its value as text."""

    name: str
    value: str


def shown(known: Settings) -> list[Shown]:
    """All that is set, by name; what was left out is as docs and `Settings` say."""
    return sorted(_rows("", known.model_dump(mode="json")))


def _rows(name: str, value: Any) -> Iterator[Shown]:
    if isinstance(value, dict) and not SECRET.search(name):
        for key, each in value.items():
            yield from _rows(f"{name}.{key}" if name else str(key), each)
    elif value not in (None, "", [], {}):
        yield Shown(name, HIDDEN if _secret(name) else _text(value))


def _secret(name: str) -> bool:
    """All of [kafka] is taken for secret, as the clients' own properties may be anything."""
    return bool(SECRET.search(name)) or name.startswith("kafka.")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return QUERY.sub(rf"\1{HIDDEN}", LOGIN.sub(f"{HIDDEN}@", text))
