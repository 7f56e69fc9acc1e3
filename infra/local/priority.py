"""Who has the processor first where there is too little of it: orders, before those who look on."""

import os
import time
from pathlib import Path

BEHIND = 5
"""Niceness of a process that no order waits for: about a third of the share of one that has 0."""

GROUP = Path("/proc/self/autogroup")
"""Linux gives each session a share (sched(7), autogroup), within which niceness counts alone."""

TRIES, PAUSE = 5, 0.05  # the kernel takes one such write each 0.1 s from who is not root


def stand_behind(niceness: int = BEHIND) -> None:
    """Let this process, and the session that it leads, come after the others by so much.

    For a child before its program runs. What the system does not allow is left as it is.
    """
    os.nice(niceness)
    for _ in range(TRIES):
        try:
            GROUP.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(PAUSE)
        except OSError:
            return  # none here: not Linux, or a kernel without it
        else:
            return
