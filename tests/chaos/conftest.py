"""What the chaos tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.kafka import Kafka


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    """A broker of one test's own, to be killed."""
    with Kafka(tmp_path / "kafka") as kafka:
        yield kafka
