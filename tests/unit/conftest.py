"""What unit tests ask for by name."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from infra.recordings import MARKET
from tests.unit.fake_broker import Broker, connected
from topics.settings import settings


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """An empty broker that everything is read from."""
    return connected(monkeypatch)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The user's folder of a machine that Tapeline has never run on."""
    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the BTC recording: 38 s."""
    found = tmp_path_factory.mktemp("short") / "usdm" / "btcusdt.gz"
    found.parent.mkdir()
    with gzip.open(MARKET[0], "rb") as whole:
        found.write_bytes(gzip.compress(b"".join(islice(whole, 9000))))
    return found
