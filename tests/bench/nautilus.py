"""nautilus_trader in an environment of its own: it is a peer, not a part of the desk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from infra.local.home import home

VERSION = "1.221.0"
PATIENCE = 900.0
"""Seconds that an installation may take."""


class Missing(Exception):
    """It cannot be installed or run here; the reason in one line."""


def python() -> Path:
    """The interpreter that has it, installed on first use into the user's cache; or Missing."""
    folder = home() / "bench" / f"nautilus-{VERSION}"
    found = folder / "bin" / "python"
    if not found.exists():
        print(f"nautilus_trader {VERSION} is installed, once ...", file=sys.stderr)
        draft = folder.with_name(folder.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(draft))
        wanted = f"nautilus_trader=={VERSION}"
        _run(str(draft / "bin" / "python"), "-m", "pip", "install", "--quiet", wanted)
        draft.rename(folder)
    return found


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise Missing(f"nautilus_trader {VERSION} cannot be installed: {told[-1]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"nautilus_trader {VERSION} cannot be installed: {error}") from error
