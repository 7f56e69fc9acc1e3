"""An order's past computed again: frames, the account's judgment, the venue; compared by byte.

Each stage is run on what is published before it, and each published record is compared:
market.raw -> ticks -> signals -> decisions of the order's market; the account's trading.orders, on
what each of them says that it had read; the account's statuses, on its orders and the markets.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.stage import Output
from gateway.backtests.stages import Stages
from gateway.proof.chain import Chain
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.market import Market, buried
from gateway.proof.published import Source
from gateway.proof.recompute_orders import orders
from gateway.proof.recorded import recorded
from gateway.proof.standing import watched
from gateway.proof.venue import executed
from schemas import names
from schemas.errors import Poison, SequenceGap
from topics.settings import Settings


def recompute(
    chain: Chain, settings: Settings, source: Source, tell: Callable[[str], None] = lambda _: None
) -> Verdict:
    """The market up to the order's last moment, the account up to its record, the venue's part.

    tell: hears what is being computed.
    """
    verdict, stages = Verdict(watched(chain)), Stages.of(settings)
    parts = {"the market": market, "the account's orders": orders, "what the venue did": venue}
    for what, part in parts.items():
        tell(f"computing {what} again ...")
        try:
            part(chain, stages, source, verdict)
        except (Different, SequenceGap, Poison) as different:
            verdict.difference = str(different)
            break
    return verdict


def market(chain: Chain, stages: Stages, source: Source, verdict: Verdict) -> None:
    """Every raw record of the market up to the order's last, through ticks to decisions."""
    again = Market(chain.market, stages, source, Comparison(source, verdict), buried(source))
    until = chain.last.seq
    for seq, value in source.of(names.RAW, chain.market):
        again.take(seq, value)
        if seq >= until:
            return
    raise Different(f"{names.RAW} {chain.market} ends before seq {until}")


def venue(chain: Chain, stages: Stages, source: Source, verdict: Verdict) -> None:
    """The account's orders against the recorded market, up to the last status of this order; what
    a real venue did, beside the order's journal.
    """
    if chain.recorded:
        recorded(chain, source, verdict)
        return
    if not chain.statuses:
        return
    last, comparison = chain.statuses[-1].id, Comparison(source, verdict)
    for made in executed(chain.order.account, stages.execution, source):
        if made.topic == names.STATUSES or _journalled(made, chain):
            comparison.meet(made)
            if made.record.id == last:
                return
    raise Different(f"{names.STATUSES} {chain.order.key}: {last} does not come out")


def _journalled(made: Output, chain: Chain) -> bool:
    """True for the order's own entry in the journal, as far as the chain has it."""
    entry = chain.journal
    mine = made.topic == names.JOURNAL and entry is not None and made.key == entry.key
    return mine and entry is not None and made.record.seq <= entry.seq
