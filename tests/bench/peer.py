"""A peer in an environment of its own: its pins are not ours, and it is no part of the desk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infra.local.home import home

PATIENCE = 900.0
"""Seconds that an installation may take."""


class Missing(Exception):
    """It cannot be installed or run here; the reason in one line."""


def interpreter(name: str, version: str, *beside: str) -> Path:
    """The interpreter that has the package, installed on first use into the user's cache.

    beside: other packages to install with it, pinned. Raises Missing.
    """
    folder = home() / "bench" / f"{name}-{version}"
    found = folder / "bin" / "python"
    if not found.exists():
        print(f"{name} {version} is installed, once ...", file=sys.stderr)
        draft = folder.with_name(folder.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        pip = (str(draft / "bin" / "python"), "-m", "pip", "install", "--quiet")
        try:
            _run(sys.executable, "-m", "venv", str(draft))
            _run(*pip, f"{name}=={version}", *beside)
        except subprocess.CalledProcessError as error:
            told = error.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise Missing(f"{name} {version} cannot be installed: {told[-1]}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Missing(f"{name} {version} cannot be installed: {error}") from error
        draft.rename(folder)
    return found


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
