"""The garbage collector of a worker: what lives as long as the process is not looked at again."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""Objects made between two looks at the young ones. Python's 700 are made by two records, and a
record's objects are trees, which need no collector."""


KEPT = 1_000_000
"""As YOUNG, of a run in one process that keeps what it makes: looked at again and again, what is
kept takes a quarter of the run."""


def settle(young: int = YOUNG, *, clean: bool = True) -> None:
    """Leave all that is there now (modules, restored cells) out of every later collection.

    clean: what is garbage by now goes first, which takes 0.1 s of a process that has just started.
    """
    if clean:
        gc.collect()
    gc.freeze()
    gc.set_threshold(young, 10, 10)
