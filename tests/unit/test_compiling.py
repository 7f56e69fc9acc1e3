"""Compiled also where nothing can be written."""

from __future__ import annotations

from pathlib import Path

from engine.compiling import cached


def twice(number: int) -> int:
    return 2 * number


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cached(twice, "int64(int64)", str(tmp_path / "file"))(21) == 42
