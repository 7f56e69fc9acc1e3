"""Every test of the suite runs on every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.desk import DESKS, Desk
from tests.contract.paper_desk import paper

ALL = {**DESKS, "paper": paper}


@pytest.fixture(params=sorted(ALL))
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with ALL[request.param]() as made:
        yield made
