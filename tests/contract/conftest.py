"""Every test of the suite runs on every implementation."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.desk import DESKS, Desk


@pytest.fixture(params=sorted(DESKS))
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with DESKS[request.param]() as made:
        yield made
