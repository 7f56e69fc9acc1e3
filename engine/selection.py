"""Which version of a model people have selected: rows of control.state, key `desk:model.NAME`.

A seat that follows a model begins with the version of its settings. Once there is a row, it asks
the version that the newest one names, if it can be had and has the digest of the row; else nobody
is asked, and the seat fails (engine.strategies.bench). So what a decision rests on is in records:
the settings, and the rows that it names as read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import orjson

from schemas.commands import DESK, ControlState
from schemas.record import Message

Role = Literal["champion", "challenger"]

SETTINGS: Mapping[Role, str] = {"champion": "model", "challenger": "shadow"}
"""How the setting of a role begins."""

Rows = Mapping[str, ControlState]
"""Rows of control.state by their key."""

NO_ROWS: Rows = MappingProxyType({})

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Selection(Message):
    """A version and the digest of its bytes (topics.models.store)."""

    version: str
    digest: str

    @property
    def text(self) -> str:
        """As the row's value has it."""
        return orjson.dumps({"version": self.version, "digest": self.digest}).decode()

    @staticmethod
    def setting(model: str, role: Role) -> str:
        """The row's setting."""
        return f"{SETTINGS[role]}.{model}"

    def fault(self, model: str) -> str:
        """Why nobody could select that; "" where one can."""
        if not NAME.fullmatch(model):
            return f"{model[:40]!r} is no name of a model"
        if not VERSION.fullmatch(self.version):
            return f"{self.version[:40]!r} is no version of a model"
        return "" if DIGEST.fullmatch(self.digest) else f"{self.digest[:40]!r} is no digest"


def row_of(model: str, role: Role) -> str:
    """The key of the row that tells what is selected."""
    return f"{DESK}:{Selection.setting(model, role)}"


def selected(row: ControlState) -> Selection:
    """What a row selects."""
    return Selection.model_validate_json(row.value)
