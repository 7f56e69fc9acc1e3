"""The garbage collector of a process with many streams: what they keep is not looked at again.

Of 10,000 streams there are 2,000,000 objects, and a look at all of them takes 1.4 s in which nobody
is answered. Python takes one whenever a quarter has come on top, and while streams are told things,
what is on its way to them counts. So what is there is left out of every look once a twentieth more
streams are open; and all of it is looked at once as many have ended as are open, for an ended one
leaves some 70 objects that only the collector frees.
"""

from __future__ import annotations

import gc

from topics.heap import settle

FEW, MANY = 50, 1000
"""Streams that must have begun, or ended, before anything is done."""
SHARE = 20
"""What is open is left out when one of so many has begun since."""


class Heap:
    """begun, ended: streams that have, counted by who knows of them."""

    def __init__(self) -> None:
        self.begun = self.ended = 0

    def turn(self, open: int) -> None:
        """Do what is due. open: streams that are open now."""
        if self.ended >= max(MANY, open):
            gc.unfreeze()
            settle()
            self.begun = self.ended = 0
        elif self.begun >= max(FEW, open // SHARE):
            gc.collect(1)  # what is garbage by now is not kept
            settle(clean=False)
            self.begun = 0
