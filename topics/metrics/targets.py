"""Where the processes of a home listen: one file each, as Prometheus' file_sd reads them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from topics.pids import Pid

FOLDER = "metrics"
PID, BORN = "__meta_tapeline_pid", "__meta_tapeline_born"
"""Labels that Prometheus drops: the process, and when it began, seconds since 1970."""


@dataclass(frozen=True)
class Target:
    """address: HOST:PORT; worker: the process' name; pid, born: which process it was."""

    worker: str
    address: str
    pid: int
    born: float

    @property
    def alive(self) -> bool:
        """That very process runs."""
        return Pid(self.pid, self.born).alive()


def write(home: Path, worker: str, address: str) -> Path:
    """Tell that this process listens there; gives the file."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    own = Pid.of(os.getpid())
    told = {"worker": worker, PID: str(own.pid), BORN: f"{own.created:.2f}"}
    file = folder / f"{worker}.json"
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps([{"targets": [address], "labels": told}]))
    new.replace(file)
    return file


def read(home: Path) -> Iterator[Target]:
    """All that have told, by name; files that are none are passed over."""
    for file in sorted((home / FOLDER).glob("*.json")):
        try:
            (row,) = orjson.loads(file.read_bytes())
            labels = row["labels"]
            pid, born = int(labels[PID]), float(labels[BORN])
            yield Target(labels["worker"], row["targets"][0], pid, born)
        except (OSError, ValueError, KeyError, IndexError, TypeError):
            continue


def withdraw(home: Path, worker: str) -> None:
    """This process listens no longer; what another one has told stays."""
    for target in read(home):
        if target.worker == worker and target.pid == os.getpid():
            (home / FOLDER / f"{worker}.json").unlink(missing_ok=True)


def sweep(home: Path) -> None:
    """Forget processes that are gone, as those of a desk that was killed."""
    for target in read(home):
        if not target.alive:
            (home / FOLDER / f"{target.worker}.json").unlink(missing_ok=True)
