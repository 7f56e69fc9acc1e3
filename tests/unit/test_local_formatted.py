"""Formatted directories: kept once, copied after, never half; each with an id of its own."""

from __future__ import annotations

import base64
import shutil
import uuid
from pathlib import Path

import pytest

from infra.local.formatted import FILES, META, Formatted, directory_id

CHECKPOINT = bytes(range(256))
IDENTITY = "#\n#Mon Nov 23\nnode.id=1\ndirectory.id={}\nversion=1\n"


def formatted(folder: Path, identity: str = "one") -> Path:
    """As the tool leaves it."""
    folder.mkdir()
    (folder / FILES[0]).write_bytes(CHECKPOINT)
    (folder / META).write_text(IDENTITY.format(identity))
    return folder


def test_kept_then_given_with_another_id(tmp_path: Path) -> None:
    cache = Formatted([], "node.id=1", tmp_path / "cache")
    assert not cache.give(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    cache.keep(formatted(tmp_path / "tools"))
    ids = set()
    for name in ("a", "b"):
        assert cache.give(tmp_path / name)
        assert sorted(file.name for file in (tmp_path / name).iterdir()) == sorted(FILES)
        assert (tmp_path / name / FILES[0]).read_bytes() == CHECKPOINT
        told = (tmp_path / name / META).read_text()
        identity = told.partition("directory.id=")[2].partition("\n")[0]
        assert told == IDENTITY.format(identity)
        ids.add(identity)
    assert len(ids - {"one"}) == 2


def test_an_id_is_a_uuid_as_kafka_writes_them() -> None:
    for _ in range(300):
        told = directory_id()
        assert (len(told), told[0] == "-") == (22, False)
        assert uuid.UUID(bytes=base64.urlsafe_b64decode(f"{told}==")).version == 4


@pytest.mark.parametrize("more", ["a file", "an id"])
def test_what_we_do_not_know_is_not_kept(tmp_path: Path, more: str) -> None:
    cache, records = Formatted([], "", tmp_path / "cache"), formatted(tmp_path / "tools")
    if more == "a file":
        (records / "new.checkpoint").write_bytes(b"")
    else:
        (records / META).write_text(2 * IDENTITY.format("one"))
    cache.keep(records)
    assert not cache.give(tmp_path / "new")


def test_other_jars_and_other_properties_are_formatted_again(tmp_path: Path) -> None:
    jar = tmp_path / "a.jar"
    jar.write_bytes(b"1")
    old = Formatted([jar], "node.id=1", tmp_path / "cache")
    old.keep(formatted(tmp_path / "tools"))
    assert not Formatted([jar], "node.id=2", tmp_path / "cache").give(tmp_path / "new")
    jar.write_bytes(b"22")
    new = Formatted([jar], "node.id=1", tmp_path / "cache")
    assert not new.give(tmp_path / "new")
    new.keep(tmp_path / "tools")
    assert new.give(tmp_path / "new")
    assert not old.give(tmp_path / "new"), "of one broker only"
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_two_keepers_leave_one_whole(tmp_path: Path) -> None:
    """And a copy of which a part was lost is no copy."""
    records = formatted(tmp_path / "tools")
    for _ in range(2):
        Formatted([], "", tmp_path / "cache").keep(records)
    (kept,) = (tmp_path / "cache").iterdir()
    assert sorted(file.name for file in kept.iterdir()) == sorted(FILES)
    (kept / META).unlink()
    assert not Formatted([], "", tmp_path / "cache").give(tmp_path / "new")
    shutil.rmtree(kept)
    assert not Formatted([], "", tmp_path / "cache").give(tmp_path / "new")
