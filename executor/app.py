"""trading.orders -> trading.journal, trading.statuses: the only room where money moves.

faust -A executor.app worker -l info                        the paper accounts
TAPELINE_ACCOUNT=main faust -A executor.app worker -l info  the live account [live.main]
"""

from __future__ import annotations

import faust

from topics.settings import settings


def chosen() -> faust.App:
    """The app of what this process runs; a paper executor never loads a venue's client."""
    if settings().account:
        from executor.live.app import app
    else:
        from executor.paper.app import app
    return app


app = chosen()
