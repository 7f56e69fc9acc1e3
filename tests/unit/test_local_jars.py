"""Jars: the lock is read exactly, and only bytes that it vouches for are kept."""

import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from infra.local import maven
from infra.local.errors import LocalError
from infra.local.jars import Jar, fetch, locked, parse

GOOD = b"the jar"
JAR = Jar("org.example", "part", "1.2", hashlib.sha256(GOOD).hexdigest())


class Remote:
    """Stands for the Maven repository: writes `bytes`, or raises `error` for the first `fails`."""

    def __init__(self, content: bytes = GOOD, fails: int = 0, takes: float = 0.0) -> None:
        self.content, self.fails, self.takes = content, fails, takes
        self.asked: list[str] = []

    def transfer(self, jar: Jar, file: Path, session: requests.Session) -> None:
        self.asked.append(jar.name)
        if len(self.asked) <= self.fails:
            raise requests.ConnectionError("no route to an-address")
        time.sleep(self.takes)
        file.write_bytes(self.content)


def serve(monkeypatch: pytest.MonkeyPatch, remote: Remote) -> Remote:
    monkeypatch.setattr(maven, "_transfer", remote.transfer)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return remote


def test_parse_keeps_order_and_skips_comments() -> None:
    text = f"# a comment\n{JAR}\norg.example:other:2 {'0' * 64}\n"
    assert parse(text) == (JAR, Jar("org.example", "other", "2", "0" * 64))


@pytest.mark.parametrize("line", ["a:b:1", "a:b " + "0" * 64, "a:b:1 abc"])
def test_broken_line_is_named(line: str) -> None:
    with pytest.raises(LocalError, match="broken line"):
        parse(line)


def test_lock_of_the_repository() -> None:
    names = [jar.name for jar in locked()]
    assert {"kafka_2.13-4.1.1.jar", "kafka-tools-4.1.1.jar"} < set(names)
    assert len(set(names)) == len(names)


def test_fetches_once_and_tells_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = serve(monkeypatch, Remote())
    told: list[tuple[str, int, int]] = []
    files = fetch([JAR], tmp_path, progress=lambda *what: told.append(what))
    assert [file.read_bytes() for file in files] == [GOOD]
    assert told == [("downloading Apache Kafka", 1, 1)]
    fetch([JAR], tmp_path)
    assert remote.asked == [JAR.name]


def test_wrong_bytes_are_deleted_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, Remote(content=b"something else"))
    with pytest.raises(LocalError, match=r"part-1\.2\.jar came with SHA-256"):
        fetch([JAR], tmp_path)
    assert list(tmp_path.rglob("*.jar")) == []


def test_damaged_file_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, Remote())
    (tmp_path / JAR.name).write_bytes(GOOD[:3])
    (file,) = fetch([JAR], tmp_path)
    assert file.read_bytes() == GOOD


def test_broken_transfer_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = serve(monkeypatch, Remote(fails=2))
    fetch([JAR], tmp_path)
    assert len(remote.asked) == 3


def test_no_network_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, Remote(fails=99))
    with pytest.raises(LocalError, match="check the network") as caught:
        fetch([JAR], tmp_path)
    assert "an-address" not in str(caught.value)


def test_two_at_once_download_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote = Remote(takes=0.2)
    monkeypatch.setattr(maven, "_transfer", remote.transfer)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: fetch([JAR], tmp_path), range(2)))
    assert remote.asked == [JAR.name]
