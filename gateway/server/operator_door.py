"""The operator's door: a socket in the home, for its owner only, beside the gateway's address."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import uvicorn

FOLDER = "gateway"
FILE = "operator.sock"
LONGEST = 100
"""Bytes of a path that every system takes as a socket's (sockaddr_un has 104 or 108)."""

log = logging.getLogger("gateway")


@contextmanager
def own_socket(home: Path) -> Iterator[socket.socket | None]:
    """The socket, bound, mode 0600 in a folder of mode 0700; its name is its path. None where the
    home is on a disk that has no sockets: then there is no such door.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(_folder(home.resolve()))
            made = stack.enter_context(_bound(folder / FILE))
        except OSError as error:
            log.warning("no socket for the local operator: %s", error)
            made = None
        yield made


@contextmanager
def _folder(home: Path) -> Iterator[Path]:
    """In the home; for a path that is too long one of the machine's own."""
    own = home / FOLDER
    if len(bytes(own / FILE)) <= LONGEST:
        own.mkdir(parents=True, exist_ok=True)
        own.chmod(0o700)
        yield own
        return
    short = Path(mkdtemp(prefix="tapeline-"))
    try:
        yield short
    finally:
        shutil.rmtree(short, ignore_errors=True)


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)  # of a gateway that was killed
    door, mine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), 0  # no file has that inode
    try:
        door.bind(str(path))
        mine = path.stat().st_ino
        path.chmod(0o600)
        yield door
    finally:
        door.close()
        with contextlib.suppress(OSError):
            if path.stat().st_ino == mine:  # another gateway may have taken over
                path.unlink()


class Server(uvicorn.Server):
    """Serves the operator's socket too, in the clear, also where its address has TLS."""

    def __init__(self, config: uvicorn.Config, door: socket.socket | None) -> None:
        super().__init__(config)
        self._door = door

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then the door."""
        await super().startup(sockets)
        if self._door is not None and self.started:
            loop = asyncio.get_running_loop()
            made = await loop.create_unix_server(self._protocol, sock=self._door)
            self.servers.append(made)

    def _protocol(self) -> asyncio.Protocol:
        protocol: type[asyncio.Protocol] = self.config.http_protocol_class
        return protocol(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
