"""The page's files: built once from gateway/web, and found by the gateway that serves them.

A build is kept with the digest of its sources; it is made anew only where that differs, by one
process at a time.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from gateway.page.node import Node, found
from infra.local.errors import LocalError
from infra.local.lock import FileLock

WEB = Path(__file__).resolve().parents[1] / "web"
SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html")
FOLDERS = ("src", "public")
LOCK = "building"
MARK = "sources"
"""The file of a build that holds the digest of what it was built from."""


def digest(web: Path = WEB) -> str:
    """Of all that the page is built from: names and bytes."""
    whole = blake2b(digest_size=16)
    files = [web / name for name in SOURCES]
    for folder in FOLDERS:
        files += sorted(each for each in (web / folder).rglob("*") if each.is_file())
    for file in files:
        whole.update(f"{file.relative_to(web)}\0".encode())
        whole.update(file.read_bytes() + b"\0")
    return whole.hexdigest()


def built(web: Path = WEB) -> Path | None:
    """The folder of the page's files; None where they must be built first, or anew.

    Without sources (an installed package) whatever was built is taken.
    """
    dist = web / "dist"
    if not (dist / "index.html").exists():
        return None
    if not (web / "src").exists():
        return dist
    mark = dist / MARK
    return dist if mark.exists() and mark.read_text() == digest(web) else None


def build(tell: Callable[[str], None], web: Path = WEB) -> Path:
    """Build the page if that is to be done; gives its folder. Raises LocalError."""
    if (dist := built(web)) is not None:
        return dist
    if not (web / "src").exists():
        raise LocalError("this package came without its page: use a checkout, and `make page`")
    node = found()
    with FileLock(web / LOCK):
        return built(web) or _build(node, tell, web)


def _build(node: Node, tell: Callable[[str], None], web: Path) -> Path:
    sources = digest(web)
    if _fetched(web) != locked(web):
        tell("fetching the page's packages (once) ...")
        node.run(web, "ci", "--no-audit", "--no-fund")
        (web / "node_modules" / MARK).write_text(locked(web))
    tell("building the page (once) ...")
    node.run(web, "run", "types")
    fresh = web / "build"
    shutil.rmtree(fresh, ignore_errors=True)
    node.run(web, "run", "build", "--", "--outDir", fresh.name, "--emptyOutDir")
    (fresh / MARK).write_text(sources)
    shutil.rmtree(web / "dist", ignore_errors=True)
    fresh.rename(web / "dist")
    return web / "dist"


def locked(web: Path) -> str:
    """The digest of the lock file, which says what node_modules must be."""
    return blake2b((web / "package-lock.json").read_bytes(), digest_size=16).hexdigest()


def _fetched(web: Path) -> str:
    mark = web / "node_modules" / MARK
    return mark.read_text() if mark.exists() else ""
