"""The archive of classes: written once, used after, never half."""

from pathlib import Path

import pytest

from infra.local.classes import ClassArchive


def program(folder: Path, version: int) -> Path:
    file = folder / f"java{version}"
    file.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}.0.1\"' >&2\n")
    file.chmod(0o755)
    return file


def draft(archive: ClassArchive) -> Path:
    """Where the JVM is told to write."""
    return Path(archive.options()[-1].partition("=")[2])


@pytest.mark.parametrize(
    ("version", "write", "read"),
    [
        (17, "-XX:ArchiveClassesAtExit=", "-XX:SharedArchiveFile="),
        (25, "-XX:AOTCacheOutput=", "-XX:AOTCache="),
    ],
)
def test_written_then_read(tmp_path: Path, version: int, write: str, read: str) -> None:
    archive = ClassArchive(program(tmp_path, version), [], tmp_path / "classes")
    assert archive.options()[-1].startswith(write)
    assert archive.reading() == (), "who only reads writes none"
    draft(archive).write_bytes(b"classes")
    archive.keep()
    assert archive.options()[-1].startswith(read)
    assert archive.reading() == archive.options()
    assert draft(archive).read_bytes() == b"classes"


def test_killed_writer_leaves_nothing(tmp_path: Path) -> None:
    archive = ClassArchive(program(tmp_path, 17), [], tmp_path / "classes")
    draft(archive).write_bytes(b"cla")
    archive.drop()
    archive.keep()
    assert list((tmp_path / "classes").iterdir()) == []


def test_other_jars_make_another_archive(tmp_path: Path) -> None:
    java, jar = program(tmp_path, 17), tmp_path / "a.jar"
    jar.write_bytes(b"1")
    old = ClassArchive(java, [jar], tmp_path / "classes")
    draft(old).write_bytes(b"classes")
    old.keep()
    jar.write_bytes(b"22")
    new = ClassArchive(java, [jar], tmp_path / "classes")
    assert "ArchiveClassesAtExit" in new.options()[-1]
    draft(new).write_bytes(b"classes")
    new.keep()
    assert len(list((tmp_path / "classes").iterdir())) == 1
