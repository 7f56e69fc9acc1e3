"""What unit tests ask for by name."""

from __future__ import annotations

import pytest

from tests.unit.fake_broker import Broker, connected


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """An empty broker that everything is read from."""
    return connected(monkeypatch)
