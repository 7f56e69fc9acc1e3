"""The worker of one live account: settings().account, as the section [live.ACCOUNT] has it."""

from __future__ import annotations

import time
from typing import Any

from pydantic import ValidationError

from executor.guard.budget import RateBudget
from executor.guard.limits import limits_of
from executor.keys import key_of
from executor.live.executor import LiveExecutor
from executor.live.intake import Intake
from executor.live.opening import opened
from executor.venues.settings import LiveAccount
from topics.app import make_app
from topics.sealed import KeysError
from topics.seclusion import secluded
from topics.settings import misconfigured, refuse, settings


def account_of(name: str) -> LiveAccount:
    """The section of the account; a wrong or missing one ends the process with exit code 78."""
    section = settings().live.get(name)
    if section is None:
        refuse(f"no [live.{name}] in the settings: write one, or unset TAPELINE_ACCOUNT")
    try:
        return LiveAccount.model_validate(section)
    except ValidationError as error:
        misconfigured(error, f"live.{name}.")


def make(worker: Intake) -> LiveExecutor:
    """Its executor; the key is unsealed here, in the process that sends."""
    assert worker.producer is not None
    try:
        key = key_of(settings().home, name, account.exchange, account.keys)
        return opened(
            name,
            account,
            key,
            producer=worker.producer,
            lease=worker.tenure.lease,
            tell=worker.told,
            failed=worker.failed,
            budget=None if account.address else budget(worker),
            shut=lambda why: worker.outlet.halt(name, why, time.time_ns()),
        )
    except (KeysError, ValueError) as error:
        refuse(str(error))


def budget(worker: Intake) -> RateBudget:
    """The venue's, shared with the other workers; a local exchange has limits of its own."""
    limits = limits_of(account.exchange, account.market)
    known = settings()
    worker.budget = RateBudget(
        known.redis, known.prefix, account.exchange, name, limits, worker.told
    )
    return worker.budget


secluded()
name = settings().account
account = account_of(name)
app = make_app("executor", part=name)
worker = Intake(app, settings(), name, make)


@app.agent(app.topic(*worker.topics, value_type=bytes), name="executor", concurrency=1)
async def execute(stream: Any) -> None:
    """Each command has one effect at the venue; what became of it is published."""
    await worker.run(stream)
