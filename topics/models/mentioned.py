"""The models that settings' strategies ask: loaded where settings are read, as own files are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from topics.models.store import Store

KINDS = ("model", "policy")
"""Of seats that ask one (engine.strategies.asking)."""


def mentioned(strategies: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and version of each model that an advisor of these kinds is set to, once; "" as the
    store has it."""
    found = [pair for each in strategies.values() for pair in _of(each, "")]
    return sorted(set(found))


def told(strategies: Mapping[str, Any], store: Store) -> str:
    """Them with their digests, as system.events has them; "" where none is asked."""
    if not (found := mentioned(strategies)):
        return ""
    return ", ".join(sorted({store.load(*each).title for each in found}))


def _of(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """At any depth; an advisor's kind is its name where it says none."""
    if not isinstance(value, Mapping):
        return
    if value.get("kind", name) in KINDS:
        yield str(value.get("model", "")), str(value.get("version", ""))
    for key, each in value.items():
        yield from _of(each, str(key))
