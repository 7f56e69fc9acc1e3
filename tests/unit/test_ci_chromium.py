"""CI fetches a browser where it can, and goes on where it cannot."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "chromium"
TOOLS = ("id", "env", "timeout", "tail", "mktemp", "rm", "echo")
ROOT, NOBODY = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"


def machine(folder: Path, **programs: str) -> Path:
    """A folder that is all of PATH: what the script needs, and these programs."""
    for name in TOOLS:
        (folder / name).symlink_to(str(shutil.which(name)))
    for name, text in programs.items():
        file = folder / name.replace("_", "-")
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    return folder


def run(folder: Path) -> str:
    bash = str(shutil.which("bash"))
    done = subprocess.run(
        [bash, str(SCRIPT)], env={"PATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({"chromium": ROOT}, ""),
        ({"id": ROOT}, "no apt-get here"),
        ({"id": NOBODY, "apt_get": ROOT}, "neither root nor sudo"),
        ({"id": ROOT, "apt_get": "#!/bin/sh\necho no network; exit 100\n"}, "no network"),
        ({"id": ROOT, "apt_get": "#!/bin/sh\nexit 0\n"}, "Chromium is installed"),
    ],
)
def test_it_never_fails_and_says_what_is(
    tmp_path: Path, programs: dict[str, str], words: str
) -> None:
    told = run(machine(tmp_path, **programs))
    assert words in told
    assert bool(told) == bool(words)
