"""An account's records made again whole: its orders, what its venue did, what it is worth.

Each function takes (account, stages, source, verdict), counts what came out again, and raises
Different at the first record that does not come out as published.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.stage import Cell, Output
from gateway.backtests.stages import Stages
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source
from gateway.proof.recompute_orders import Past, controlled, steps
from gateway.proof.recorded import as_journalled
from gateway.proof.venue import executed
from schemas import names
from schemas.codec import decode
from schemas.statuses import JournalEntry, Status


def ordered(account: str, stages: Stages, source: Source, verdict: Verdict) -> None:
    """trading.orders, each record on what it says that it had read."""
    mine = Verdict()  # the side rows are counted where they are the main thing: in `valued`
    past = Past(account, stages, source, mine)
    try:
        for published in steps(source.of_account(names.ORDERS, account)):
            past.redo(published)
    finally:
        verdict.same[names.ORDERS] += mine.same[names.ORDERS]


def simulated(account: str, stages: Stages, source: Source, verdict: Verdict) -> None:
    """Journal and statuses of a paper account."""
    _whole(executed(account, stages.execution, source), Comparison(source, verdict))


def journalled(account: str, stages: Stages, source: Source, verdict: Verdict) -> None:
    """A live account's statuses beside the journal and the archive that tell them."""
    told = _told(account, source)
    for seq, value in source.of_account(names.STATUSES, account):
        if (known := told.get(decode(Status, value).id)) is not None:
            as_journalled(known, seq, value, verdict)


def valued(account: str, stages: Stages, source: Source, verdict: Verdict) -> None:
    """Portfolio rows from statuses, control rows from people's commands."""
    comparison, cell = Comparison(source, verdict), Cell.fresh(stages.portfolio, account)
    for _, value in source.of_account(names.STATUSES, account):
        for made in cell.take(names.STATUSES, decode(Status, value)):
            comparison.meet(made)
    _whole(controlled(stages.control, account, source.of_all(names.COMMANDS)), comparison)


def _told(account: str, source: Source) -> dict[str, Status]:
    """What the journal and the archive have of each status, by its id."""
    told: dict[str, Status] = {}
    for topic in (names.ARCHIVE, names.JOURNAL):
        for _, value in source.of_all(topic):
            entry = decode(JournalEntry, value)
            if entry.command.account == account:
                told.update({status.id: status for status in entry.statuses})
    return told


def _whole(outputs: Iterable[Output], comparison: Comparison) -> None:
    """All of them as published, and nothing beside them."""
    for made in outputs:
        comparison.meet(made)
    for (topic, key), seq in comparison.left():
        raise Different(f"{topic} {key} seq {seq}: nothing makes it again")
