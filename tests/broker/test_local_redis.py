"""The local Redis: it keeps what it was told, through a stop and through kill -9."""

import os
import signal
from pathlib import Path

import pytest
import redis

from infra.local.errors import LocalError
from infra.local.redis import Redis
from infra.local.waiting import wait_for

pytestmark = pytest.mark.broker


def put(url: str, value: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.set("key", value)


def get(url: str) -> object:
    with redis.Redis.from_url(url) as client:
        return client.get("key")


def test_stopped_server_keeps_data_and_address(tmp_path: Path) -> None:
    with Redis(tmp_path) as server:
        before = server.url
        put(before, "one")
    with Redis(tmp_path) as again:
        assert again.url == before
        assert get(before) == b"one"


def test_killed_server_keeps_data(tmp_path: Path) -> None:
    with Redis(tmp_path) as server:
        put(server.url, "one")
        os.kill(server.pid, signal.SIGKILL)
        assert wait_for(lambda: not server.running, 60)
        server.start()
        assert get(server.url) == b"one"


def test_kill_is_not_asked_twice(tmp_path: Path) -> None:
    server = Redis(tmp_path)
    server.start()
    server.kill()
    assert not server.running
    server.kill()
    assert "SIGTERM" not in (tmp_path / "redis.log").read_text()


def test_second_launcher_is_told_so(tmp_path: Path) -> None:
    with Redis(tmp_path), pytest.raises(LocalError, match="in use by another tapeline"):
        Redis(tmp_path).start()


def test_fixture_answers(redis_url: str) -> None:
    put(redis_url, "one")
    assert get(redis_url) == b"one"
