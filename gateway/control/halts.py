"""Halts of an account, as people and the desk itself have set and lifted them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]
"""Of control.state, by setting."""


def halted(rows: Rows) -> str:
    """Why an account enters nothing, "" where it does."""
    stopped, fallen = rows.get("stopped"), rows.get("drawdown")
    if stopped and stopped["value"] == "true":
        return str(stopped["why"] or "by hand")
    halt = rows.get("halt")
    if halt and halt["value"] == "true" and halt["seq"] > lifted(rows):
        return str(halt["why"] or "by the desk")
    return str(fallen["why"]) if fallen and fallen["value"] == "true" else ""


def lifted(rows: Rows) -> int:
    """The sequence of the desk's own halt that a person has lifted last; -1 for none."""
    text = str(rows["lifted"]["value"]) if "lifted" in rows else ""
    return int(text) if text.lstrip("-").isdigit() else -1


def own_halt(rows: Rows) -> int | None:
    """The sequence of the halt that the desk itself has set; None where there is none."""
    halt = rows.get("halt")
    return int(halt["seq"]) if halt and halt["value"] == "true" else None
