"""What system.events says of a process' settings: that they are others, and nothing of a secret."""

from __future__ import annotations

from typing import Any

import pytest

from topics.settings import Settings


@pytest.mark.parametrize(
    "given",
    [
        {"redis_url": "redis://:hunter2@localhost:6379"},
        {"kafka": {"sasl.password": "hunter2"}},
        {"store": {"url": "postgresql://desk:hunter2@localhost/desk"}},
        {"metrics": {"token": "hunter2"}},
    ],
)
def test_a_secret_moves_no_digest(given: dict[str, Any]) -> None:
    other = {
        name: {key: f"{value}3" for key, value in row.items()}
        if isinstance(row, dict)
        else row + "3"
        for name, row in given.items()
    }
    assert Settings.model_validate(given).digest == Settings.model_validate(other).digest


@pytest.mark.parametrize(
    "given",
    [{"linger": 10}, {"risk": {"fraction": "0.1"}}, {"kafka": {"security.protocol": "SSL"}}],
)
def test_any_other_setting_moves_it(given: dict[str, Any]) -> None:
    assert Settings.model_validate(given).digest != Settings().digest
