"""The desk behind the page's tests, where it cannot be opened."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.page.office import Office
from topics import admin


def test_what_was_never_opened_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else why it was not is told by nobody."""
    monkeypatch.setattr(admin, "create", lambda known: None)
    kafka: Any = SimpleNamespace(bootstrap="127.0.0.1:1")
    redis: Any = SimpleNamespace(url="redis://127.0.0.1:1")
    made = Office(tmp_path, kafka, redis)
    made.close()
    assert not made.gateway.running
