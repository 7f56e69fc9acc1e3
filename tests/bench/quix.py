"""quixstreams in an environment of its own: its pin of confluent-kafka is not ours."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from tests.bench.peer import interpreter

VERSION = "3.28.1"


def python() -> Path:
    """The interpreter that has it, with our orjson; raises Missing."""
    return interpreter("quixstreams", VERSION, f"orjson=={version('orjson')}")
