"""A copy of a formatted directory beside what Kafka's own tool writes, byte by byte."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from infra.local import settings
from infra.local.formatted import FILES, META, Formatted
from infra.local.jars import fetch, locked
from infra.local.java import java
from infra.local.kafka import CLUSTER

pytestmark = pytest.mark.broker

OWN = re.compile(rb"(?m)^(#\w{3} .*|directory\.id=.*)$")
"""What each directory's meta.properties has of its own: when it was written, and its id."""

CRC, TIMES = slice(17, 21), slice(27, 43)
"""Of a batch: its checksum, and the times of its first and its last record."""


def by_tool(home: Path) -> Path:
    """A directory that the tool has formatted, at other ports than the next one's."""
    home.mkdir()
    port = 20_000 + len(home.name)
    (home / "server.properties").write_text(settings.properties(port, port + 1))
    options = ("--cluster-id", CLUSTER, "--config", "server.properties")
    subprocess.run(
        [java(), settings.SHORT, "kafka.tools.StorageTool", "format", *options],
        env={**os.environ, "CLASSPATH": os.pathsep.join(map(str, fetch(locked())))},
        cwd=home,
        check=True,
        capture_output=True,
    )
    return home / "records"


def timeless(checkpoint: bytes) -> list[bytes]:
    """Its batches (their length is in bytes 8 to 12), but for the times and what covers them."""
    batches = list[bytes]()
    while checkpoint:
        end = 12 + int.from_bytes(checkpoint[8:12], "big")
        batch, checkpoint = bytearray(checkpoint[:end]), checkpoint[end:]
        batch[CRC], batch[TIMES] = bytes(4), bytes(16)
        batches.append(bytes(batch))
    return batches


def test_a_copy_has_the_bytes_of_a_format(tmp_path: Path) -> None:
    kept, other, copy = by_tool(tmp_path / "kept"), by_tool(tmp_path / "other"), tmp_path / "copy"
    formatted = Formatted(fetch(locked()), "", tmp_path / "cache")
    formatted.keep(kept)
    assert formatted.give(copy)
    for records in (kept, other, copy):
        assert sorted(file.name for file in records.iterdir()) == sorted(FILES)
    assert (copy / FILES[0]).read_bytes() == (kept / FILES[0]).read_bytes()
    found, tools = ((each / FILES[0]).read_bytes() for each in (copy, other))
    assert len(timeless(found)) == 3
    assert timeless(found) == timeless(tools)
    metas = [(each / META).read_bytes() for each in (kept, other, copy)]
    assert len({OWN.sub(b"", meta) for meta in metas}) == 1
    assert len({re.findall(rb"directory\.id=.*", meta)[0] for meta in metas}) == 3
