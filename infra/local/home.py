"""Where downloads and archives are kept between runs: one directory per user."""

import os
from pathlib import Path


def home() -> Path:
    """The cache directory: TAPELINE_CACHE, else XDG_CACHE_HOME/tapeline, else ~/.cache/tapeline."""
    own = os.environ.get("TAPELINE_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    shared = os.environ.get("XDG_CACHE_HOME")
    base = Path(shared).expanduser().absolute() if shared else Path.home() / ".cache"
    return base / "tapeline"
