"""Compiled once, whoever needs it, and at all where nothing can be written."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from engine.compiling import cached
from infra.local.waiting import wait_for

COMPILES = f"""
import sys
from engine.compiling import cached
from {__name__} import twice
made = cached(twice, "int64(int64)", sys.argv[1])
print(made(21), len(made._cache_hits))
"""


def twice(number: int) -> int:
    return 2 * number


def compiling(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COMPILES, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def waits(pid: int) -> bool:
    """For a lock."""
    return any("->" in line and f" {pid} " in line for line in Path("/proc/locks").open())


def test_who_comes_while_another_compiles_waits_and_finds_it_there(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        other = compiling(tmp_path)
        assert wait_for(lambda: waits(other.pid) or other.poll() is not None, 60)
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert other.communicate(timeout=60)[0] == "42 0\n"
    assert compiling(tmp_path).communicate(timeout=60)[0] == "42 1\n"


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cached(twice, "int64(int64)", str(tmp_path / "file"))(21) == 42
