"""How many bytes a browser fetches before it shows the first view."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

LOADED = re.compile(r"""(?:src|href)=["']/?(assets/[^"']+)["']""")
IMPORTED = re.compile(r"""(?:from|import)\s*["']\./([^"']+\.js)["']""")


def first_view(folder: Path) -> int:
    """Bytes, compressed as gzip does, of index.html and all that it and its scripts load at once.

    Views that a script imports later, as people open them, do not count.
    """
    index = folder / "index.html"
    wanted = {folder / name for name in LOADED.findall(index.read_text())}
    seen: set[Path] = set()
    while wanted:
        file = wanted.pop()
        seen.add(file)
        if file.suffix == ".js":
            wanted |= {file.parent / name for name in IMPORTED.findall(file.read_text())} - seen
    return sum(len(gzip.compress(file.read_bytes())) for file in {index, *seen})
