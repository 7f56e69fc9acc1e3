"""How many bytes a browser fetches of the page."""

from __future__ import annotations

import gzip
from pathlib import Path

from gateway.page.build import MARK


def weight(folder: Path) -> int:
    """Bytes, compressed as gzip does, of all files of a build: more than any one view needs."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != MARK)
    return sum(len(gzip.compress(file.read_bytes())) for file in files)
