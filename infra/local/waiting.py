"""Waiting for something that nobody announces."""

import time
from collections.abc import Callable


def wait_for(happened: Callable[[], bool], wait: float, every: float = 0.02) -> bool:
    """Asks `happened` every few ms; True once it says so, False if it has not in `wait` s."""
    until = time.monotonic() + wait
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
